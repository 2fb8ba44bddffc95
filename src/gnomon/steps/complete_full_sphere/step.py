"""complete_full_sphere: what the scans so far leave blind, and which scans at other angles of the goniometer show it.

A rotation about one axis never brings points near that axis to the Ewald sphere. Turned with the other axes of the
goniometer the crystal has its blind region elsewhere (Dauter 1999, Acta Cryst. D55, 1703).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.geometry.resolutions import resolution_limits
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.goniometer import MultiAxisGoniometer
from gnomon.models.reflections import Reflections
from gnomon.step import HERE, Context, Result, require_crystals
from gnomon.steps.complete_full_sphere.coverage import FullTurn, SpherePoints, at_angles
from gnomon.steps.complete_full_sphere.params import CompleteFullSphereParams
from gnomon.steps.complete_full_sphere.summary import CompleteFullSphereSummary, FurtherScan

SEARCHED, TOLD = 3000, 20_000
"""Points by which scans are chosen (1 % of chance where half are seen), and by which completeness is told (0.4 %)."""
START_STEP = 10.0
"""Degrees between the starts that are tried of scans of less than a turn."""
LEAST_GAIN = 0.002
"""Part of the sphere that a further scan is worth: less is within chance of the points."""


@dataclass(frozen=True)
class Candidate:
    """Angles of the goniometer at the start of a scan, and which points (m,) the scan records."""

    angles: tuple[float, ...]
    seen: np.ndarray


def complete_full_sphere(
    experiments: Experiments, reflections: Reflections, params: CompleteFullSphereParams, context: Context = HERE
) -> Result[CompleteFullSphereSummary]:
    """Experiments and reflections as they are; the summary has the scans that record most of what is missing, in turn.

    The crystal and the goniometer are those of the first experiment; the scans of all count as recorded. Raises
    InputError where there is no crystal, a still, or a goniometer of one axis.
    """
    require_crystals("complete_full_sphere", experiments)
    experiment, goniometer = _first(experiments)
    corner, edge = resolution_limits(experiment.detector, experiment.beam)
    d_min = params.resolution or edge or corner
    points = SpherePoints.within(experiment, d_min, SEARCHED, params.unique)
    candidates: list[Candidate] = []
    grid = list(_grid(goniometer, params))
    for i, angles in enumerate(grid):
        candidates += _candidates(experiment, angles, points, params.scan_width)
        if context.progress:
            context.progress("trying angles", i + 1, len(grid))
    chosen = _chosen(candidates, _recorded(experiments, points, params.shadow), params)
    so_far, scans = _told(experiments, chosen, d_min, params)
    summary = CompleteFullSphereSummary(
        d_min=d_min,
        unique=params.unique,
        completeness=so_far,
        names=goniometer.names,
        scan_axis=goniometer.scan_axis,
        scans=scans,
        reachable=float(np.any([c.seen for c in candidates], axis=0).mean()),
    )
    return Result(experiments, reflections, summary)


def _first(experiments: Experiments) -> tuple[Experiment, MultiAxisGoniometer]:
    if not len(experiments):
        raise InputError("complete_full_sphere was given no experiment; give a list with one")
    for i, experiment in enumerate(experiments):
        if experiment.is_still:
            raise InputError(f"complete_full_sphere needs scans, and experiment {i} is a still; leave it out")
    goniometer = experiments[0].goniometer
    if not isinstance(goniometer, MultiAxisGoniometer) or len(goniometer.axes) < 2:
        raise InputError(
            "complete_full_sphere needs a goniometer of several axes, and this has 1; import it with its axes"
        )
    return experiments[0], goniometer


def _grid(goniometer: MultiAxisGoniometer, params: CompleteFullSphereParams) -> Iterator[tuple[float, ...]]:
    """Angles to be tried, of all axes; the scan axis at 0."""
    n = len(goniometer.axes)
    values = []
    for i in range(n):
        if i == goniometer.scan_axis:
            values.append(np.zeros(1))
        elif i == n - 2 and n > 2:
            low, high = sorted(params.kappa_range)
            values.append(np.arange(low, min(high + 1e-9, low + 360.0 - 1e-9), params.step))
        else:
            values.append(np.arange(0.0, 360.0, params.step))
    yield from product(*(column.tolist() for column in values))


def _candidates(
    experiment: Experiment, angles: tuple[float, ...], points: SpherePoints, width: float
) -> Iterator[Candidate]:
    """A scan from each start; of a full turn there is one."""
    turn = FullTurn.of(at_angles(experiment, angles), points, shadow=False)
    goniometer = experiment.goniometer
    assert isinstance(goniometer, MultiAxisGoniometer)
    for start in [0.0] if width >= 360 else np.arange(0.0, 360.0, START_STEP).tolist():
        at = tuple(start if i == goniometer.scan_axis else angle for i, angle in enumerate(angles))
        yield Candidate(at, points.seen(turn.within(start, width)))


def _recorded(experiments: Experiments, points: SpherePoints, shadow: bool) -> np.ndarray:
    """(m,) bool: points that the scans given have recorded, all of the crystal of the first."""
    first = experiments[0]
    seen = np.zeros(len(points.hkl), bool)
    for experiment in experiments:
        start, stop = sorted(experiment.needed_scan.oscillation_range)
        turn = FullTurn.of(experiment.replace(crystal=first.crystal), points, shadow)
        seen |= points.seen(turn.within(start, stop - start))
    return seen


def _chosen(
    candidates: Sequence[Candidate], seen: np.ndarray, params: CompleteFullSphereParams
) -> list[tuple[float, ...]]:
    """The angles of the scans that add most, one after the other; of equal ones the first."""
    found: list[tuple[float, ...]] = []
    while len(found) < params.max_scans and seen.mean() < params.target:
        best = max(candidates, key=lambda c: int((c.seen & ~seen).sum()))
        if (best.seen & ~seen).mean() < LEAST_GAIN:
            break
        found.append(best.angles)
        seen = seen | best.seen
    return found


def _told(
    experiments: Experiments, chosen: Sequence[tuple[float, ...]], d_min: float, params: CompleteFullSphereParams
) -> tuple[float, tuple[FurtherScan, ...]]:
    """How complete the sphere is now, and by each further scan, by more points than the scans were chosen by."""
    first = experiments[0]
    points = SpherePoints.within(first, d_min, TOLD, params.unique)
    seen = _recorded(experiments, points, params.shadow)
    so_far, scans = float(seen.mean()), []
    for angles in chosen:
        turned = at_angles(first, angles)
        goniometer = turned.goniometer
        assert isinstance(goniometer, MultiAxisGoniometer)
        start = angles[goniometer.scan_axis]
        more = points.seen(FullTurn.of(turned, points, params.shadow).within(start, params.scan_width))
        before, seen = float(seen.mean()), seen | more
        scans.append(FurtherScan(angles, params.scan_width, float(seen.mean()) - before, float(seen.mean())))
    return so_far, tuple(scans)
