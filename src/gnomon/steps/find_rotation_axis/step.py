"""find_rotation_axis: the axis about which turned-back spots form the sharpest lattice.

Kolb, Gorelik & Otten 2009, Ultramicroscopy 109, 758: differences between the points of a lattice are lattice points,
and lie in few directions; under a wrong axis the points are smeared. The sharpness is the variance of a histogram of
these directions, in latitude (by its sine, so that bins are of one area) and longitude about the axis.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.geometry.centroids import observed_rays
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.goniometer import AnyGoniometer, Goniometer
from gnomon.models.reflections import Reflections
from gnomon.step import HERE, Context, Result, require_columns
from gnomon.steps.find_rotation_axis.params import FindRotationAxisParams
from gnomon.steps.find_rotation_axis.summary import FindRotationAxisSummary, FoundAxis

MOST_SPOTS = 400
"""Of a goniometer: eighty thousand differences tell directions well enough."""
LEAST_SPOTS = 50
BINS = (250, 500)
"""Of latitude and longitude: 0.7 degrees, of the order by which the axis errs at last."""
STEPS = ((5.0, 180.0), (1.0, 5.0), (0.1, 1.0))
"""Degrees: step and reach of the search in all directions, near the best, and finely."""

Spots = list[tuple[np.ndarray, np.ndarray]]
"""Of each sweep: points (N, 3), 1/Å in the laboratory, and angles (N,), rad."""


def find_rotation_axis(
    experiments: Experiments, reflections: Reflections, params: FindRotationAxisParams, context: Context = HERE
) -> Result[FindRotationAxisSummary]:
    """The experiments with goniometers that turn about the axes found; reflections as they are.

    The axis is taken to be at right angles to the beam. Sweeps of one goniometer are judged together. Raises
    InputError for stills, and where there are too few spots near the beam.
    """
    require_columns("find_rotation_axis", reflections, ("xyzobs.px.value",))
    swap, told = {}, []
    for goniometer, members in experiments.groups_sharing("goniometer"):
        if any(experiments[i].is_still for i in members):
            raise InputError(f"find_rotation_axis needs rotation; experiment {members[0]} is a still; leave it out")
        spots = _spots(experiments, reflections, members, params.max_two_theta)
        found = _searched(experiments[members[0]], spots, tuple(members), params, context)
        told.append(found)
        swap[goniometer.key] = Goniometer(np.array(found.axis), np.asarray(goniometer.fixed_rotation))
    return Result(experiments.replace_model("goniometer", swap), reflections, FindRotationAxisSummary(axes=tuple(told)))


def _spots(experiments: Experiments, reflections: Reflections, members: list[int], max_two_theta: float) -> Spots:
    """The spots near the beam of each sweep, evenly thinned. Raises InputError where they are too few."""
    each, found = reflections.by_experiment(), []
    for i in members:
        own = reflections.select(each[i])
        s1, mm = observed_rays(experiments[i], own["panel"].astype(np.intp), own["xyzobs.px.value"])
        s0 = experiments[i].beam.s0
        near = s1 @ s0 >= np.cos(np.deg2rad(max_two_theta)) * (s0 @ s0)
        found.append(((s1 - s0)[near], mm[near, 2]))
    total = sum(len(phi) for _, phi in found)
    if total < LEAST_SPOTS:
        raise InputError(
            f"find_rotation_axis needs {LEAST_SPOTS} spots, there are {total} within max_two_theta={max_two_theta:g} "
            "degrees of the beam; raise it, or find more spots"
        )
    keep = min(1.0, MOST_SPOTS / total)
    rows = [np.unique(np.linspace(0, len(p) - 1, max(2, int(keep * len(p)))).astype(int)) for _, p in found]
    return [(points[at], phi[at]) for (points, phi), at in zip(found, rows) if len(phi) > 1]


def _frame(experiment: Experiment) -> np.ndarray:
    """(2, 3) the directions of azimuths 0 and 90: laboratory x and y, made to stand at right angles to the beam."""
    beam = experiment.beam.s0 / np.linalg.norm(experiment.beam.s0)
    x = np.array([1.0, 0, 0]) - beam[0] * beam
    if np.linalg.norm(x) < 1e-6:
        raise InputError("find_rotation_axis: the beam runs along laboratory x, from which azimuths count")
    x /= np.linalg.norm(x)
    y = np.cross(beam, x)
    return np.array([x, y if y[1] >= 0 else -y])


def _axis(frame: np.ndarray, azimuth: float) -> np.ndarray:
    a = np.deg2rad(azimuth)
    return np.asarray(np.cos(a) * frame[0] + np.sin(a) * frame[1])


def _sharpness(spots: Spots, frame: np.ndarray, azimuth: float) -> float:
    """Variance over bins of the directions of differences, over its mean: 1 for directions at random."""
    axis = _axis(frame, azimuth)
    third = np.cross(frame[0], frame[1])
    across = np.cross(third, axis)
    counts = np.zeros(BINS)
    for points, phi in spots:
        turned = _turned(points, axis, -phi)
        i, j = np.triu_indices(len(turned), 1)
        d = turned[i] - turned[j]
        length = np.linalg.norm(d, axis=1)
        d = d[length > 0] / length[length > 0, None]
        d *= np.where(d @ third < 0, -1.0, 1.0)[:, None]  # a difference and its opposite are one direction
        latitude, longitude = d @ axis, np.arctan2(d @ across, d @ third)
        counts += np.histogram2d(latitude, longitude, bins=[BINS[0], BINS[1]],
                                 range=[[-1, 1], [-np.pi / 2, np.pi / 2]])[0]  # fmt: skip
    return float(counts.var() / counts.mean())


def _turned(points: np.ndarray, axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """(N, 3) the points turned about the axis, each by its angle (Rodrigues)."""
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    along = (points @ axis)[:, None] * axis
    return points * cosine + np.cross(axis, points) * sine + along * (1 - cosine)


def _searched(
    experiment: Experiment, spots: Spots, members: tuple[int, ...], params: FindRotationAxisParams, context: Context
) -> FoundAxis:
    """From coarse steps to fine ones, each about the best so far."""
    frame = _frame(experiment)
    present = _azimuth(frame, experiment.needed_goniometer)
    start = present if params.azimuth is None else params.azimuth
    best = _wrapped(start + 180.0 * params.opposite)
    tried: dict[float, float] = {}
    steps = STEPS if params.global_search else STEPS[1:]
    for step, reach in steps:
        n = round(reach / step)
        azimuths = [_wrapped(best + k * step) for k in range(-n, n + 1)]
        values = list(context.workers.map(partial(_sharpness, spots, frame), azimuths))
        tried |= dict(zip(azimuths, values))
        best = azimuths[int(np.argmax(values))]
    before, opposite = (_sharpness(spots, frame, a) for a in (present, best + 180.0))
    x, y, z = (float(v) + 0.0 for v in _axis(frame, best).round(12))
    return FoundAxis(
        experiments=members,
        azimuth_before=present,
        azimuth=best,
        axis=(x, y, z),
        sharpness_before=before,
        sharpness=tried[best],
        sharpness_opposite=opposite,
        spots=sum(len(phi) for _, phi in spots),
        tried=tuple(sorted(tried.items())),
    )


def _azimuth(frame: np.ndarray, goniometer: AnyGoniometer) -> float:
    x, y = frame @ goniometer.lab_axis
    return _wrapped(float(np.rad2deg(np.arctan2(y, x))))


def _wrapped(azimuth: float) -> float:
    """The azimuth between -180 and 180, to a millionth of a degree."""
    return round((azimuth + 180.0) % 360.0 - 180.0, 6) + 0.0
