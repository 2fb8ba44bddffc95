"""Where reflections are predicted: detector position and scan angle, for static and scan-varying models."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.symmetry import operations
from gnomon.maths.geometry.centroids import observed_rays
from gnomon.maths.geometry.ewald import crossing_angles, interpolated, is_entering, rotate
from gnomon.maths.geometry.expected_count import lattice_points, require_few_points, require_room, sampled_indices
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections

MAX_CYCLES = 20
TOLERANCE = 1e-7  # rad
SCAN_VARYING_MARGIN = 2.0  # degrees: how far a crossing may move from where the mean crystal has it
_NEVER_TOO_MANY = 20_000  # lattice points: the work is done sooner than they are counted
PARALLAX_MARGIN = 20.0  # px: more than any sensor displaces a spot


def require_rotation(experiment: Experiment) -> None:
    """Check that an experiment rotates and has a crystal; raises InputError."""
    if experiment.is_still:
        raise InputError("prediction needs a rotation scan; this experiment is a still")
    if experiment.crystal is None:
        raise InputError("prediction needs a crystal; run index first")


def models_at(experiment: Experiment, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A (N or 1, 3, 3) and s0 (N or 1, 3) at ``z`` images."""
    first = experiment.needed_scan.array_range[0]
    crystal, beam = experiment.needed_crystal, experiment.beam
    A = crystal.A[None] if crystal.A_at_scan_points is None else interpolated(crystal.A_at_scan_points, first, z)
    s0 = beam.s0[None] if beam.s0_at_scan_points is None else interpolated(beam.s0_at_scan_points, first, z)
    return A, s0


def _cross_once(
    experiment: Experiment, hkl: np.ndarray, entering: np.ndarray, near: np.ndarray, lookup: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Angles and s1 as :func:`predicted_angles`, with the models as they are at the angles ``lookup`` (N,) rad."""
    goniometer = experiment.needed_goniometer
    axis, setting = goniometer.rotation_axis, goniometer.setting_rotation
    A, s0 = models_at(experiment, experiment.needed_scan.z_at(np.rad2deg(lookup)))
    r0 = (A @ hkl[:, :, None])[..., 0] @ goniometer.fixed_rotation.T
    phi = crossing_angles(r0, s0 @ setting, axis, entering, near)
    return phi, s0 + rotate(axis, phi, r0) @ setting.T


def predicted_angles(
    experiment: Experiment, hkl: np.ndarray, entering: np.ndarray, near: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Angles (N,) rad at which ``hkl`` (N, 3) cross the sphere, nan where never, and wave vectors s1 (N, 3), 1/Å.

    entering: (N,) bool; near: (N,) rad, the angle whose turn is wanted and where scan-varying models are looked up
    first; they are then looked up again at the angle found until it stands still.
    """
    varying = experiment.needed_crystal.is_scan_varying or experiment.beam.s0_at_scan_points is not None
    phi, s1 = _cross_once(experiment, hkl, entering, near, near)
    active = np.flatnonzero(~np.isnan(phi)) if varying else np.empty(0, np.intp)
    for _ in range(MAX_CYCLES):
        if not len(active):
            break
        before = phi[active]
        phi[active], s1[active] = _cross_once(experiment, hkl[active], entering[active], near[active], before)
        active = active[np.abs(phi[active] - before) > TOLERANCE]
    return phi, s1


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
    scan, panel = experiment.needed_scan, rows["panel"].astype(np.intp)
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
    each = reflections.by_experiment()
    for i, experiment in enumerate(experiments):
        own = each.array(i)
        rows = own[indexed[own]]
        if not len(rows):
            continue
        require_rotation(experiment)
        px_i, mm_i = _predict_one(experiment, reflections.select(rows))
        good = np.isfinite(px_i).all(axis=1)
        px[rows[good]], mm[rows[good]], done[rows[good]] = px_i[good], mm_i[good], True
    flags = reflections["flags"] if "flags" in reflections else np.zeros(n, np.uint64)
    table = reflections.with_columns({"xyzcal.px": px, "xyzcal.mm": mm, "flags": flags})
    return table.flagged(Flag.PREDICTED, done)


def detector_limit(experiment: Experiment) -> float:
    """The finest resolution (Å) that a corner of any panel sees."""
    detector, beam = experiment.detector, experiment.beam
    sharpest = 0.0
    for i in range(len(detector)):
        reach = detector.edge_offsets[i]  # what is seen in a corner may come from beyond it
        corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]]) * (detector.image_sizes[i] + 2 * reach) - reach
        rays = detector.lab_coordinates(i, corners * detector.pixel_sizes[i])
        s1 = rays / np.linalg.norm(rays, axis=1, keepdims=True) / beam.wavelength
        sharpest = max(sharpest, np.linalg.norm(s1 - beam.s0, axis=1).max())
    return 1 / sharpest


def on_panels(experiment: Experiment, s1: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """panel (N,), -1 where none, mm (N, 2) and px (N, 2) where rays along ``s1`` (N, 3) are seen."""
    detector, n = experiment.detector, len(s1)
    panel, mm, px = np.full(n, -1), np.full((n, 2), np.nan), np.full((n, 2), np.nan)
    for i, size in enumerate(detector.image_sizes):
        rows = np.flatnonzero(panel < 0)
        mm_i = detector.intersect(i, s1[rows])
        reach = size / 2 + PARALLAX_MARGIN + detector.edge_offsets[i]
        near = np.flatnonzero((np.abs(mm_i / detector.pixel_sizes[i] - size / 2) < reach).all(axis=1))
        px_i = detector.mm_to_pixel(i, mm_i[near])
        on = ((px_i >= 0) & (px_i < size)).all(axis=1)
        hit = rows[near[on]]
        panel[hit], mm[hit], px[hit] = i, mm_i[near[on]], px_i[on]
    return panel, mm, px


def _crossings(experiment: Experiment, d_min: float, padding: float) -> tuple[np.ndarray, ...]:
    """hkl (N, 3), entering (N,), angles (N,) rad and s1 (N, 3) of all crossings during the scan."""
    from gnomon.kernels.rays import sphere_crossings  # numba is slow to import; refinement does without it

    goniometer, crystal = experiment.needed_goniometer, experiment.needed_crystal
    low, high = np.sort(np.deg2rad(experiment.needed_scan.oscillation_range)) + np.deg2rad(padding) * np.array([-1, 1])
    margin = np.deg2rad(SCAN_VARYING_MARGIN) if crystal.is_scan_varying else 0.0
    A, centring = _mean_setting(crystal), operations(crystal.hall_symbol).cen_ops
    s0 = experiment.beam.s0 @ goniometer.setting_rotation
    hkl, entering, near = sphere_crossings(
        np.ascontiguousarray(goniometer.fixed_rotation @ A),
        s0,
        np.ascontiguousarray(goniometer.rotation_axis, float),
        1 / d_min,
        np.array(centring[1:], np.int64).reshape(-1, 3),
        low - margin,
        high + margin,
    )
    phi, s1 = predicted_angles(experiment, hkl.astype(float), entering, near)
    inside = (phi >= low) & (phi <= high)
    return hkl[inside], entering[inside], phi[inside], s1[inside]


def _mean_setting(crystal: Crystal) -> np.ndarray:
    """A (3, 3), 1/Å, in the middle of its variation."""
    return crystal.A if crystal.A_at_scan_points is None else np.asarray(crystal.A_at_scan_points.mean(axis=0))


def _require_room(experiment: Experiment, d_min: float, padding: float) -> None:
    """Check, before reflections are predicted, that there are not too many to be true. Raises InputError."""
    crystal = experiment.needed_crystal
    A, centring = _mean_setting(crystal), len(operations(crystal.hall_symbol).cen_ops)
    require_few_points(A, d_min, centring)
    if lattice_points(A, d_min) < _NEVER_TOO_MANY:
        return
    sampled = sampled_indices(A, d_min)
    low, high = np.sort(experiment.needed_scan.oscillation_range) + padding * np.array([-1, 1])
    middle, seen = np.full(len(sampled), np.deg2rad(low + high) / 2), 0
    for entering in (True, False):
        phi, s1 = predicted_angles(experiment, sampled, np.full(len(sampled), entering), middle)
        inside = np.abs(phi - middle) <= np.deg2rad(high - low) / 2
        turns = max(1.0, (high - low) / 360)
        seen += turns * (on_panels(experiment, s1[inside])[0] >= 0).sum()
    require_room(experiment, A, d_min, seen / len(sampled) / centring)


def predict_scan(experiment: Experiment, number: int, d_min: float | None = None, padding: float = 0.0) -> Reflections:
    """All reflections that cross the sphere during the scan and hit a panel.

    Columns ``miller_index, id`` (= number)``, panel, entering, s1`` (predicted)``, xyzcal.px, xyzcal.mm, d, flags``
    (PREDICTED). d_min: Å, None for the detector's corner; padding: degrees added at both ends of the scan. Indices
    that the lattice's centring extinguishes are left out; screw and glide absences are kept, as evidence.
    """
    require_rotation(experiment)
    limit = detector_limit(experiment)
    _require_room(experiment, max(limit, d_min or limit), padding)
    hkl, entering, phi, s1 = _crossings(experiment, max(limit, d_min or limit), padding)
    panel, mm, px = on_panels(experiment, s1)
    on = panel >= 0
    hkl, phi = hkl[on], phi[on]
    return Reflections(
        {
            "miller_index": hkl,
            "id": np.full(len(hkl), number),
            "panel": panel[on],
            "entering": entering[on],
            "s1": s1[on],
            "xyzcal.px": np.column_stack([px[on], experiment.needed_scan.z_at(np.rad2deg(phi))]),
            "xyzcal.mm": np.column_stack([mm[on], phi]),
            "d": 1 / np.linalg.norm(hkl @ experiment.needed_crystal.A.T, axis=1),
            "flags": np.full(len(hkl), np.uint64(Flag.PREDICTED)),
        },
        {number: experiment.identifier},
    )
