"""The sweep that nanoBragg made (shared data): its truth, and what a program made of it shell by shell.

nanoBragg is an independent simulator (J. Holton): spots, mosaicity and small domains are its own and not ours. Its
``truth.npz`` has F of one Friedel half in P1, true indices up to the crystal's point group 422.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import to_asu
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.simulate.assess.measured import WHOLE, Ratio, Shell, shells_of
from gnomon.simulate.assess.observations import look_up

HALL_SYMBOL = "P 4nw 2abw"  # P43212
CELL = np.array([79.0, 79.0, 38.0, 90.0, 90.0, 90.0])
D_EDGES = (np.inf, 15.0, 10.0, 5.0, 3.5, 2.5, 2.0, 1.8, 1.6, 1.38)  # Å
DIALS_GEOMETRY = "fast_slow_beam_centre=521.167,501.833"
"""DIALS does not read DIALS_ORIGIN of these headers."""
_PHOTONS = 0.005184  # of a whole reflection per electron squared, before Lorentz and polarisation (README there)
_WAVE, _PERIOD = 0.15, 45.0  # the beam's intensity varied by this, with this period in images


def sweep_folder() -> Path | None:
    """Where images and truth are, or None without the shared data."""
    folder = Path(os.environ.get("GNOMON_SHARED_DATA", "")) / "nanobragg"
    return folder if (folder / "truth.npz").is_file() else None


def import_arguments(program: str, folder: Path) -> list[str]:
    """The images, and the geometry where ``program`` does not find it in the headers."""
    images = sorted(str(path) for path in folder.glob("rot_*.img.bz2"))
    return [*images, DIALS_GEOMETRY] if program == "dials" else images


@dataclass(frozen=True)
class Amplitudes:
    """F squared of the unique reflections."""

    hkl: np.ndarray  # (N, 3) in the asymmetric unit, Friedel mates as one
    squared: np.ndarray  # (N,) electrons squared

    @classmethod
    def of(cls, hkl: np.ndarray, f: np.ndarray) -> Amplitudes:
        """Of indices (N, 3) in the true setting and amplitudes (N,)."""
        return cls(to_asu(hkl.astype(np.int32), HALL_SYMBOL)[0], f.astype(float) ** 2)

    @classmethod
    def load(cls, folder: Path) -> Amplitudes:
        """Of ``truth.npz`` in ``folder``."""
        with np.load(folder / "truth.npz") as arrays:
            return cls.of(arrays["hkl"], arrays["F"])

    def of_indices(self, hkl: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """F squared (N,) of indices (N, 3) in the true setting, and (N,) bool whether they are known."""
        return look_up(to_asu(hkl, HALL_SYMBOL)[0], self.hkl, self.squared)


def in_true_setting(hkl: np.ndarray, crystal: Crystal) -> np.ndarray:
    """(N, 3) indices with the axis unlike the other two last: any such right-handed setting is a true one."""
    axes = crystal.cell[:3]
    unique = int(np.argmax(np.abs(axes - np.median(axes))))
    return np.asarray(hkl)[:, [(unique + 1) % 3, (unique + 2) % 3, unique]].astype(np.int32)


def integrated_shells(experiments: Experiments, reflections: Reflections, true: Amplitudes) -> list[Shell]:
    """Whole reflections with a sum and a fit, by 1/d between ``D_EDGES``: photons against those of the truth."""
    crystal = experiments[0].needed_crystal
    whole = reflections.has(Flag.INTEGRATED_SUM) & reflections.has(Flag.INTEGRATED_PRF)
    used = reflections.select(whole & (reflections["partiality"] > WHOLE))
    hkl = in_true_setting(used["miller_index"], crystal)
    squared, known = true.of_indices(hkl)
    beam = 1 + _WAVE * np.sin(2 * np.pi * used["xyzcal.px"][:, 2] / _PERIOD)
    photons = _PHOTONS * squared / used["lp"] * beam
    fit, total = used["intensity.prf.value"], used["intensity.sum.value"]
    edges = 1 / np.array(D_EDGES)
    return shells_of(1 / d_spacing(hkl, CELL)[known], edges, fit[known], total[known], photons[known])


def scaled_shells(experiments: Experiments, reflections: Reflections, true: Amplitudes) -> list[Ratio]:
    """Scaled intensity over F squared in the same shells, one in the mean over all."""
    used = reflections.select(reflections.has(Flag.SCALED) & ~reflections.has(Flag.BAD_FOR_SCALING))
    hkl = in_true_setting(used["miller_index"], experiments[0].needed_crystal)
    squared, known = true.of_indices(hkl)
    scaled = (used["intensity.scale.value"] / used["inverse_scale_factor"])[known]
    squared, at = squared[known], 1 / d_spacing(hkl, CELL)[known]
    scaled = scaled * squared.sum() / scaled.sum()
    edges = 1 / np.array(D_EDGES)
    return [s.sum_to_true for s in shells_of(at, edges, scaled, scaled, squared)]
