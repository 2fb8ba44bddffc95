"""Where reflections are predicted: detector position and scan angle, for static and scan-varying models."""

from __future__ import annotations

import numpy as np

from gnomon.maths.centroids import observed_rays
from gnomon.maths.ewald import crossing_angles, interpolated, is_entering, rotate
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.step import InputError

MAX_CYCLES = 20
TOLERANCE = 1e-7  # rad


def require_rotation(experiment: Experiment) -> None:
    """Nothing, or :class:`InputError` where an experiment does not rotate or has no crystal."""
    if experiment.is_still:
        raise InputError("prediction needs a rotation scan; this experiment is a still")
    if experiment.crystal is None:
        raise InputError("prediction needs a crystal; run index first")


def _models_at(experiment: Experiment, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A (N or 1, 3, 3) and s0 (N or 1, 3) at ``z`` images."""
    first = experiment.scan.array_range[0]
    crystal, beam = experiment.crystal, experiment.beam
    A = crystal.A[None] if crystal.A_at_scan_points is None else interpolated(crystal.A_at_scan_points, first, z)
    s0 = beam.s0[None] if beam.s0_at_scan_points is None else interpolated(beam.s0_at_scan_points, first, z)
    return A, s0


def predicted_angles(
    experiment: Experiment, hkl: np.ndarray, entering: np.ndarray, near: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Angles (N,) rad at which ``hkl`` (N, 3) cross the sphere, nan where never, and wave vectors s1 (N, 3), 1/Å.

    entering: (N,) bool; near: (N,) rad, the angle whose turn is wanted and where scan-varying models are looked up
    first; they are then looked up again at the angle found until it stands still.
    """
    goniometer, scan = experiment.goniometer, experiment.scan
    axis, setting = goniometer.rotation_axis, goniometer.setting_rotation
    varying = experiment.crystal.is_scan_varying or experiment.beam.s0_at_scan_points is not None
    phi = near
    for _ in range(MAX_CYCLES if varying else 1):
        A, s0 = _models_at(experiment, scan.z_at(np.rad2deg(np.where(np.isnan(phi), near, phi))))
        r0 = (A @ hkl[:, :, None])[..., 0] @ goniometer.fixed_rotation.T
        found = crossing_angles(r0, s0 @ setting, axis, entering, near)
        moved = np.nanmax(np.abs(found - phi), initial=0.0)
        phi = found
        if moved < TOLERANCE:
            break
    return phi, s0 + rotate(axis, phi, r0) @ setting.T


def _entering(experiment: Experiment, rows: Reflections) -> np.ndarray:
    """The column ``entering``, or where there is none what the observed rays say."""
    if "entering" in rows:
        return rows["entering"]
    if "xyzobs.px.value" not in rows:
        raise InputError("prediction needs the column entering or xyzobs.px.value; run index first")
    s1, _ = observed_rays(experiment, rows["panel"].astype(np.intp), rows["xyzobs.px.value"])
    return is_entering(experiment, s1)


def _predict_one(experiment: Experiment, rows: Reflections) -> tuple[np.ndarray, np.ndarray]:
    """xyzcal.px and xyzcal.mm (N, 3) of one experiment's reflections, nan where there is no crossing."""
    scan, panel = experiment.scan, rows["panel"].astype(np.intp)
    middle = np.full(len(rows), np.mean(scan.oscillation_range))
    observed = "xyzobs.px.value" in rows
    near = np.deg2rad(scan.phi_at(rows["xyzobs.px.value"][:, 2]) if observed else middle)
    phi, s1 = predicted_angles(experiment, rows["miller_index"].astype(float), _entering(experiment, rows), near)
    mm = experiment.detector.intersect(panel, s1)
    px = experiment.detector.mm_to_pixel(panel, mm)
    return np.column_stack([px, scan.z_at(np.rad2deg(phi))]), np.column_stack([mm, phi])


def predict(experiments: Experiments, reflections: Reflections) -> Reflections:
    """The table with ``xyzcal.px``, ``xyzcal.mm`` and the flag PREDICTED for rows with an experiment and an index.

    Which of the two crossings is meant is the column ``entering`` (without it, the observed ray says), which turn
    the observed z (without it, the middle of the scan). Rows that cannot be predicted on their panel keep zeros and
    lose the flag. Raises InputError for stills and experiments without a crystal.
    """
    n = len(reflections)
    px, mm, done = np.zeros((n, 3)), np.zeros((n, 3)), np.zeros(n, bool)
    indexed = (reflections["miller_index"] != 0).any(axis=1)
    for i, experiment in enumerate(experiments):
        rows = np.flatnonzero((reflections["id"] == i) & indexed)
        if not len(rows):
            continue
        require_rotation(experiment)
        px_i, mm_i = _predict_one(experiment, reflections.select(rows))
        good = np.isfinite(px_i).all(axis=1)
        px[rows[good]], mm[rows[good]], done[rows[good]] = px_i[good], mm_i[good], True
    flags = reflections["flags"] if "flags" in reflections else np.zeros(n, np.uint64)
    table = reflections.with_columns({"xyzcal.px": px, "xyzcal.mm": mm, "flags": flags})
    return table.flagged(Flag.PREDICTED, done)
