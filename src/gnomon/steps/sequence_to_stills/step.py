"""sequence_to_stills: the images of scans as stills, each with its part of the spots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.geometry.stills import still_rays
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.models.subset import numbered_as
from gnomon.step import HERE, Context, Result, require_columns
from gnomon.steps.sequence_to_stills.models import StillMaker
from gnomon.steps.sequence_to_stills.params import SequenceToStillsParams
from gnomon.steps.sequence_to_stills.parts import Parts, parts_on
from gnomon.steps.sequence_to_stills.summary import SequenceToStillsSummary

_OWN = ("imageset_id", "panel", "miller_index", "entering", "flags")
"""Columns of a spot that its parts keep; all others are of the whole of it."""


def sequence_to_stills(
    experiments: Experiments,
    reflections: Reflections,
    params: SequenceToStillsParams,
    context: Context = HERE,
) -> Result[SequenceToStillsSummary]:
    """A still for each image that counts, experiment after experiment, and the spots cut into what each image has.

    A still has no goniometer and no scan; its crystal stands as it did half-way through the exposure. Its spots are
    summed and centred anew from their pixels, and, where there is a crystal, predicted on the Ewald sphere
    (:func:`gnomon.maths.geometry.stills.still_rays`). Where there is a crystal spots without an index are left out.
    Raises InputError for stills, and where the table has no pixels.
    """
    require_columns("sequence_to_stills", reflections, ("id", "panel"))
    if "shoebox" not in reflections:
        raise InputError(
            "sequence_to_stills needs the pixels of spots, which this table has not; give it a table of find_spots "
            "shoeboxes=true, or of index or refine after that"
        )
    for i, experiment in enumerate(experiments):
        if experiment.is_still:
            raise InputError(f"sequence_to_stills makes stills of scans, and experiment {i} is a still; leave it out")
    maker, n_spots = StillMaker(params), 0
    stills: list[Experiment] = []
    tables: list[Reflections] = []
    for i, experiment in enumerate(experiments):
        rows = _usable(reflections, experiment, i)
        numbers, seen = _images(experiment, params.max_scan_points), np.zeros(len(rows), bool)
        for number in numbers:
            still = maker.still(experiment, number)
            parts = parts_on(rows["shoebox"], number - 1)
            tables.append(_table(rows, parts, still, len(stills)))
            stills.append(still)
            seen[parts.spot] = True
        n_spots += int(seen.sum())
        if context.progress:
            context.progress("cutting scans", i + 1, len(experiments))
    found = experiments.with_items(stills)
    table = numbered_as(found, Reflections.concatenate(tables))
    summary = SequenceToStillsSummary(
        n_stills=len(stills), n_reflections=len(table), n_spots=n_spots, n_left_out=len(reflections) - n_spots
    )
    return Result(found, table, summary)


def _usable(reflections: Reflections, experiment: Experiment, number: int) -> Reflections:
    rows = reflections.of_experiment(number)
    if experiment.crystal is None or "miller_index" not in rows:
        return rows
    return rows.select((rows["miller_index"] != 0).any(axis=1))


def _images(experiment: Experiment, most: int | None) -> Sequence[int]:
    """The numbers of the images that count, at most so many from the first on."""
    first, last = experiment.needed_scan.image_range
    last = last if most is None else min(last, first + most - 1)
    numbers = np.arange(first, last + 1)
    found: list[int] = numbers[experiment.is_valid_at(numbers - 0.5)].tolist()
    return found


def _table(rows: Reflections, parts: Parts, still: Experiment, number: int) -> Reflections:
    """The reflections of still ``number``."""
    n = len(parts.spot)
    own = rows.select(parts.spot)
    middle = np.full(n, 0.5)
    table = Reflections(
        {
            **{name: own[name] for name in _OWN if name in own},
            "id": np.full(n, number),
            "shoebox": parts.shoeboxes,
            "bbox": parts.shoeboxes.bbox,
            "n_signal": parts.n_signal,
            "intensity.sum.value": parts.intensity,
            "intensity.sum.variance": parts.variance,
            "xyzobs.px.value": np.column_stack([parts.centroid, middle]),
            "xyzobs.px.variance": np.column_stack([parts.spread, np.zeros(n)]),
        }
    )
    if still.crystal is None or "miller_index" not in own:
        return table
    return _predicted(table, still, still.crystal.A)


def _predicted(table: Reflections, still: Experiment, A: np.ndarray) -> Reflections:
    """The table with where the spots should be; nan becomes zero, without the flag, where they cannot be."""
    rays = still_rays(table["miller_index"] @ A.T, still.beam.s0)
    panel = table["panel"].astype(np.intp)
    mm = still.detector.intersect(panel, rays.s1)
    px = still.detector.mm_to_pixel(panel, mm)
    there = np.isfinite(px).all(axis=1) & np.isfinite(rays.delpsi)

    def kept(values: np.ndarray) -> np.ndarray:
        return np.where(there.reshape((-1,) + (1,) * (values.ndim - 1)), values, 0.0)

    nothing = np.zeros((len(table), 1))
    columns = {
        "s1": kept(rays.s1),
        "delpsical.rad": kept(rays.delpsi),
        "xyzcal.mm": kept(np.hstack([mm, nothing])),
        "xyzcal.px": kept(np.hstack([px, nothing + 0.5])),
    }
    if "flags" not in table:
        return table.with_columns(columns)
    return table.with_columns(columns).flagged(Flag.PREDICTED, there)
