"""``.cif_pets``: virtual frames of electron diffraction, for dynamical refinement in Jana.

Palatinus et al. 2019, Acta Cryst. B75, 512, 10.1107/S2052520619007534 (PETS2): within a virtual frame every reflection
that crossed the Ewald sphere is given as it was integrated, with the orientation in the frame's middle.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gnomon.errors import InputError
from gnomon.io.atomic import write_whole
from gnomon.maths.geometry.frames import frame_along
from gnomon.maths.geometry.prediction import models_at
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections


@dataclass(frozen=True)
class VirtualFrames:
    """How frames are merged, and which reflections each holds."""

    n_merged: int = 1  # images in one
    step: int = 1  # images from one to the next
    excitation_error_cutoff: float = 0.04  # 1/Å
    partiality_cutoff: float = 0.99
    flag_filtering: bool = False  # only reflections whose flag of integration is set


class VirtualFrame(NamedTuple):
    """One of them."""

    zone_axis: np.ndarray  # (3,) u, v, w along the beam to its source, the largest 1 or -1
    half_width: float  # degrees of rotation
    angles: np.ndarray  # (3,) alpha, beta, omega, degrees
    rows: np.ndarray  # reflections, in the order of their indices


def write_pets(
    path: str | os.PathLike[str],
    experiments: Experiments,
    reflections: Reflections,
    *,
    intensity: str = "auto",
    id: int | None = None,
    **frames: float,
) -> None:
    """Write one sweep's virtual frames; intensities are counts, without Lorentz and other corrections.

    intensity: sum, which auto is, or profile. id: the number of the experiment, where there are several. frames: of
    :class:`VirtualFrames`. Raises InputError where the sweep is not told, has no crystal, is a still, or has no such
    intensities.
    """
    number = _only(experiments, id)
    e, wanted = experiments[number], VirtualFrames(**frames)  # type: ignore[arg-type]
    fitted = intensity == "profile"
    name = "intensity.prf" if fitted else "intensity.sum"
    if f"{name}.value" not in reflections:
        raise InputError(f"there is no {name}.value; give intensity={'sum' if fitted else 'profile'}")
    flag = Flag.INTEGRATED_PRF if fitted else Flag.INTEGRATED_SUM
    table = reflections.select(_measured(reflections, number, name, flag, wanted))
    found = list(virtual_frames(e, table["miller_index"], wanted))
    if not any(len(frame.rows) for frame in found):
        raise InputError("no virtual frame has a reflection; raise pets.virtual_frame.excitation_error_cutoff")
    hkl, value = table["miller_index"], table[f"{name}.value"]
    sigma = np.sqrt(table[f"{name}.variance"])
    lines = _loop("diffrn_zone_axis", _ZONE_AXIS)
    for i, frame in enumerate(found, start=1):
        u, a = frame.zone_axis, frame.angles
        text = "".join(f"{v:9.5f}" for v in u) + f"{frame.half_width:13.3f}" + "".join(f"{v:10.3f}" for v in a)
        lines.append(f"{i:4d}{text}{1:10.3f}")
    lines += ["", *_loop("refln", _REFLN)]
    for i, frame in enumerate(found, start=1):
        lines += [
            "".join(f"{v:4d}" for v in hkl[row]) + f"{value[row]:12.2f}{sigma[row]:12.2f}{i:6d}" for row in frame.rows
        ]
    write_whole(path, "\n".join([*_head(e, wanted), "", *lines]) + "\n")


_ZONE_AXIS = ("id", "u", "v", "w", "precession_angle", "alpha", "beta", "omega", "scale")
_REFLN = ("index_h", "index_k", "index_l", "intensity_meas", "intensity_sigma", "zone_axis_id")


def _loop(category: str, names: tuple[str, ...]) -> list[str]:
    return ["loop_", *(f"_{category}_{name}" for name in names)]


def _only(experiments: Experiments, number: int | None) -> int:
    """The number of the one experiment that is written."""
    n = len(experiments)
    if number is None and n > 1:
        raise InputError(f"a .cif_pets file holds one sweep, and there are {n}: give pets.id=0 to {n - 1}")
    if number is not None and not 0 <= number < n:
        raise InputError(f"pets.id={number} names no experiment; there are 0 to {n - 1}; give one of them")
    return number or 0


def _measured(table: Reflections, number: int, name: str, flag: Flag, wanted: VirtualFrames) -> np.ndarray:
    """The rows of the sweep that are measured and wholly recorded, in the order of their indices."""
    hkl = table["miller_index"]
    good = (table["id"] == number) & (table[f"{name}.variance"] > 0) & (hkl != 0).any(axis=1)
    good &= table.get("partiality", np.ones(len(table))) >= wanted.partiality_cutoff
    if wanted.flag_filtering:
        good &= table.has(flag)
    rows = np.flatnonzero(good)
    return rows[np.lexsort(hkl[rows].T[::-1])]


def pets_frame(e: Experiment) -> np.ndarray:
    """(3, 3), rows: x along the spindle, made normal to z along the beam to its source, and y."""
    z, x, y = frame_along(e.beam.direction, e.needed_goniometer.lab_axis)
    return np.array([x, y, z])


def virtual_frames(e: Experiment, hkl: np.ndarray, wanted: VirtualFrames) -> Iterator[VirtualFrame]:
    """The frames of a sweep, in their order, with the rows of ``hkl`` (N, 3) whose points lie near the Ewald sphere.

    The excitation error is the distance of the point from the sphere, | |s0 + R A h| - |s0| |, in the frame's middle.
    """
    scan = e.needed_scan
    first, last = scan.array_range
    frame = pets_frame(e)
    for start in range(first, last - wanted.n_merged + 1, wanted.step):
        z = np.array([start + wanted.n_merged / 2])
        (phi,) = scan.phi_at(z)
        rotation = e.needed_goniometer.rotation_at(float(phi))
        A, s0 = (one[0] for one in models_at(e, z))
        points = hkl @ (rotation @ A).T
        error = np.linalg.norm(s0 + points, axis=1) - np.linalg.norm(s0)
        axis = (rotation @ A).T @ e.beam.direction
        yield VirtualFrame(
            axis / np.abs(axis).max(),
            abs(scan.oscillation[1]) * wanted.n_merged / 2,
            _angles(frame @ rotation @ A @ np.linalg.inv(_settled(e)) @ frame.T),
            np.flatnonzero(np.abs(error) <= wanted.excitation_error_cutoff),
        )


def _settled(e: Experiment) -> np.ndarray:
    """(3, 3) A in the laboratory at angle 0, of the crystal that does not vary."""
    goniometer = e.needed_goniometer
    return np.asarray(goniometer.setting_rotation @ goniometer.fixed_rotation @ e.needed_crystal.A)


def _angles(turned: np.ndarray) -> np.ndarray:
    """(3,) degrees: alpha, beta, omega of ``turned`` (3, 3) = Rz(omega) Rx(alpha) Ry(beta), nearly a rotation."""
    u, _, v = np.linalg.svd(turned)  # the nearest rotation: cells vary too
    R = u @ v
    alpha = np.arctan2(R[2, 1], np.hypot(R[2, 0], R[2, 2]))
    beta, omega = np.arctan2(-R[2, 0], R[2, 2]), np.arctan2(-R[0, 1], R[1, 1])
    return np.rad2deg(np.array([alpha, beta, omega]))


def _head(e: Experiment, wanted: VirtualFrames) -> list[str]:
    """The cell, the wavelength, the orientation at angle 0, and how the frames were made."""
    crystal = e.needed_crystal
    UB = pets_frame(e) @ _settled(e)
    lengths = [f"_cell_length_{name} {v:.5f}" for name, v in zip("abc", crystal.cell[:3])]
    angles = [f"_cell_angle_{name} {v:.5f}" for name, v in zip(("alpha", "beta", "gamma"), crystal.cell[3:])]
    return [
        "data_pets",
        *lengths,
        *angles,
        f"_cell_volume {1 / abs(np.linalg.det(crystal.A)):.5f}",
        f"_diffrn_radiation_wavelength {e.beam.wavelength:.5f}",
        *(f"_diffrn_orient_matrix_UB_{i + 1}{j + 1} {UB[i, j]:.5f}" for i in range(3) for j in range(3)),
        "_diffrn_pets_omega 0.00000",
        "_diffrn_measurement_details",
        ";",
        "data collection geometry: continuous rotation",
        "dstarmax:  0.000",
        "RC width:  0.00000",
        "mosaicity:  0.000",
        "rotation axis position:  000.000",
        "reflection size:    0.000",
        f"Virtual frame settings: number of merged frames:  {wanted.n_merged}",
        f"                        step between frames:      {wanted.step}",
        "                        sum all intensities:      1",
        ";",
    ]
