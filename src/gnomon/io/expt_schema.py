"""The schema of ``.expt`` files: between which limits each number may lie, and what must agree with what.

Types stand with the readers (``expt_models``), which take every value through
:class:`~gnomon.io.expt_models.fields.Fields`.
Limits are wide: beyond them is no instrument and no crystal, but a damaged file, a wrong unit or a missing digit. They
keep absurd numbers out of all that follows, where they would be endless loops, gigabytes, or results of nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.symmetry import operations
from gnomon.models.crystal import Crystal
from gnomon.models.detector import LONGEST_SIDE, MOST_PIXELS, Detector, Panel
from gnomon.models.experiment import Experiment
from gnomon.models.goniometer import AnyGoniometer, MultiAxisGoniometer
from gnomon.models.model import Key, key_of
from gnomon.models.scan import Scan

AGAIN = "write the .expt file again"
_INF = float("inf")


@dataclass(frozen=True)
class Limits:
    """What a number, or each of an array, may be, both ends included; ``finite``: whether it must be one at all."""

    least: float = -1e12
    most: float = 1e12
    unit: str = ""
    finite: bool = True

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        if (self.least, self.most) == (Limits.least, Limits.most):
            return "numbers"
        return f"{self.least:g} to {self.most:g}{unit}"


ANY = Limits()
LOOSE = Limits(-_INF, _INF, finite=False)  # carried along, used for nothing

_LEAST_DISTANCE = 0.01  # mm
MOST_PANELS = 20_000
MOST_IMAGES = 10_000_000

LIMITS: dict[tuple[str, str], Limits] = {
    ("beam", "wavelength"): Limits(1e-3, 100.0, "Å"),  # electrons of 10 MeV to cold neutrons
    ("beam", "wavelength_range"): Limits(1e-3, 100.0, "Å"),
    ("beam", "polarization_fraction"): Limits(-1.0, 1.0),
    ("beam", "divergence"): Limits(0.0, 360.0, "degrees"),
    ("beam", "sigma_divergence"): Limits(0.0, 360.0, "degrees"),
    ("beam", "flux"): Limits(0.0, 1e40),
    ("beam", "transmission"): Limits(0.0, 1e6),
    ("beam", "s0_at_scan_points"): Limits(-1e3, 1e3, "1/Å"),
    ("beam", "direction"): Limits(-1e6, 1e6),
    ("crystal", "real_space_a"): Limits(-1e5, 1e5, "Å"),
    ("crystal", "real_space_b"): Limits(-1e5, 1e5, "Å"),
    ("crystal", "real_space_c"): Limits(-1e5, 1e5, "Å"),
    ("crystal", "A_at_scan_points"): Limits(-10.0, 10.0, "1/Å"),
    ("crystal", "mosaicity"): Limits(0.0, 180.0, "degrees"),
    ("crystal", "B_covariance"): LOOSE,
    ("crystal", "recalculated_unit_cell"): Limits(0.0, 1e5),
    ("crystal", "recalculated_cell_parameter_sd"): LOOSE,
    ("detector panel", "image_size"): Limits(1, LONGEST_SIDE, "pixels"),
    ("detector panel", "pixel_size"): Limits(1e-5, 100.0, "mm"),
    ("detector panel", "origin"): Limits(-1e6, 1e6, "mm"),
    ("detector panel", "fast_axis"): Limits(-1.001, 1.001),
    ("detector panel", "slow_axis"): Limits(-1.001, 1.001),
    ("detector panel", "trusted_range"): Limits(-3.5e38, 3.5e38, "counts"),
    ("detector panel", "thickness"): Limits(0.0, 1000.0, "mm"),
    ("detector panel", "mu"): Limits(0.0, 1e6, "1/mm"),
    ("detector panel", "gain"): Limits(0.0, 1e6, "counts a photon"),
    ("detector panel", "pedestal"): Limits(-1e7, 1e7, "counts"),
    ("detector panel", "raw_image_offset"): Limits(0, 1_000_000, "pixels"),
    ("detector panel", "mask"): Limits(-1e9, 1e9, "pixels"),
    ("goniometer", "rotation_axis"): Limits(-1e3, 1e3),
    ("goniometer", "axes"): Limits(-1e3, 1e3),
    ("goniometer", "angles"): Limits(-1e5, 1e5, "degrees"),
    ("goniometer", "scan_axis"): Limits(0, 100),
    ("goniometer", "fixed_rotation"): Limits(-1.01, 1.01),
    ("goniometer", "setting_rotation"): Limits(-1.01, 1.01),
    ("goniometer", "setting_rotation_at_scan_points"): Limits(-1.01, 1.01),
    ("scan", "image_range"): Limits(-1_000_000, 1_000_000_000),
    ("scan", "oscillation"): Limits(-1e5, 1e5, "degrees"),
    ("scan", "exposure_time"): LOOSE,
    ("scan", "epochs"): LOOSE,
    ("scan", "batch_offset"): Limits(-1e9, 1e9),
    ("scan", "valid_image_ranges"): Limits(-1e9, 1e9),
    ("scan properties", "oscillation"): Limits(-1e7, 1e7, "degrees"),
    ("scan properties", "oscillation_width"): Limits(-1e5, 1e5, "degrees"),
    ("scan properties", "exposure_time"): LOOSE,
    ("scan properties", "epochs"): LOOSE,
    ("imageset", "single_file_indices"): Limits(0, 1e9),
    ("detector hierarchy", "panel"): Limits(0, 1e6),
    ("profile", "sigma_b"): Limits(0.0, 90.0, "degrees"),
    ("profile", "sigma_m"): Limits(0.0, 180.0, "degrees"),
    ("profile", "n_sigma"): Limits(0.1, 100.0),
}
"""By kind of model and key; of others only that they are numbers."""


def limits_of(what: str, name: str) -> Limits:
    """The limits of the numbers at the key ``name`` of a model."""
    return LIMITS.get((what, name), ANY)


def check_models(experiments: Sequence[Experiment]) -> None:
    """Check every model of the experiments, each once. Raises InputError that names the first that cannot be."""
    done: set[Key | None] = set()
    for i, e in enumerate(experiments):
        checks: tuple[tuple[Any, Callable[[Any], str]], ...] = (
            (e.detector, _check_detector),
            (e.goniometer, _check_goniometer),
            (e.scan, _check_scan),
            (e.crystal, _check_crystal),
        )
        for model, check in checks:
            if model is None or key_of(model) in done:
                continue
            done.add(key_of(model))
            if problem := check(model):
                raise InputError(f"experiment {i}: {problem}; {AGAIN}")
        if problem := _disagreement(e):
            raise InputError(f"experiment {i}: {problem}; {AGAIN}")
        if not np.linalg.norm(e.beam.direction) > 0:
            raise InputError(f"experiment {i}: the beam has no direction; {AGAIN}")


def _check_detector(detector: Detector) -> str:
    if not 1 <= len(detector) <= MOST_PANELS:
        return f"the detector has {len(detector)} panels, needed 1 to {MOST_PANELS}"
    for i, panel in enumerate(detector.panels):
        if problem := _panel(panel):
            return f"panel {i} {problem}"
    for i, frame in enumerate(detector.frames):
        distance = abs(np.cross(frame[:, 0], frame[:, 1]) @ frame[:, 2])
        if not distance > _LEAST_DISTANCE:
            return f"the plane of panel {i} passes the crystal at {distance:g} mm, needed at least {_LEAST_DISTANCE} mm"
    return ""


def _panel(panel: Panel) -> str:
    fast, slow = np.asarray(panel.fast_axis), np.asarray(panel.slow_axis)
    nx, ny = panel.image_size
    low, high = panel.trusted_range
    if max(abs(fast @ fast - 1), abs(slow @ slow - 1), abs(fast @ slow)) > 0.01:
        return f"has the axes {_list(fast)} and {_list(slow)}, needed two of length 1 at right angles"
    if nx * ny > MOST_PIXELS:
        return f"has {nx} x {ny} pixels, needed at most {MOST_PIXELS}"
    if low > high:  # equal where a program that has no images did not know
        return f"trusts counts from {low:g} to {high:g}, needed the lower one first"
    if not panel.gain > 0:
        return f"has the gain {panel.gain:g}, needed more than 0"
    return ""


def _check_goniometer(goniometer: AnyGoniometer) -> str:
    if isinstance(goniometer, MultiAxisGoniometer):
        n = len(goniometer.axes)
        if not n or len(goniometer.angles) != n or len(goniometer.names) != n:
            return f"the goniometer has {n} axes, {len(goniometer.angles)} angles and {len(goniometer.names)} names"
        if goniometer.scan_axis >= n:
            return f"the goniometer scans axis {goniometer.scan_axis} of {n}, counted from 0"
        if not (np.linalg.norm(goniometer.axes, axis=1) > 1e-6).all():
            return "an axis of the goniometer has no direction"
        return ""
    if not np.linalg.norm(goniometer.rotation_axis) > 1e-6:
        return "the rotation axis has no direction"
    for name in ("fixed_rotation", "setting_rotation"):
        if not _is_rotation(getattr(goniometer, name)):
            return f"the {name} of the goniometer is no rotation"
    return ""


def _is_rotation(R: np.ndarray) -> bool:
    R = np.reshape(R, (3, 3))
    return bool(np.abs(R @ R.T - np.eye(3)).max() < 0.01 and np.linalg.det(R) > 0)


def _check_scan(scan: Scan) -> str:
    first, last = scan.image_range
    if not 1 <= scan.n_images <= MOST_IMAGES:
        return f"the scan has the images {first} to {last}, needed the lower one first, and at most {MOST_IMAGES}"
    turn = abs(scan.oscillation[1]) * scan.n_images
    if turn > 3.6e6:
        return f"the scan turns by {turn:g} degrees"
    return ""


def _check_crystal(crystal: Crystal) -> str:
    operations(crystal.hall_symbol)  # InputError where it is none
    matrices = crystal.A[None] if crystal.A_at_scan_points is None else np.stack([crystal.A, *crystal.A_at_scan_points])
    scale = np.linalg.norm(matrices, axis=1).prod(axis=1)  # a* b* c*
    with np.errstate(all="ignore"):
        flat = ~(np.abs(np.linalg.det(matrices)) > 1e-4 * scale) | ~np.isfinite(scale)
    if flat.any():
        return "the axes of a crystal lie in a plane"
    shortest = 1 / np.linalg.norm(matrices, axis=1).max()
    if shortest < 0.5:
        return f"a lattice plane of the crystal repeats every {shortest:.2g} Å, needed at least 0.5"
    return ""


def _disagreement(e: Experiment) -> str:
    """What in one model does not go with another."""
    if e.scan is None:
        return ""
    points = {
        "crystal": None if e.crystal is None else e.crystal.A_at_scan_points,
        "beam": e.beam.s0_at_scan_points,
        "goniometer": None if e.goniometer is None else e.goniometer.setting_rotation_at_scan_points,
    }
    for name, values in points.items():
        if values is not None and len(values) != e.scan.n_images + 1:
            return f"the {name} varies over {len(values) - 1} images, the scan has {e.scan.n_images}"
    return ""


def _list(values: np.ndarray) -> str:
    return ", ".join(f"{v:g}" for v in values)
