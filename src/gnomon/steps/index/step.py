"""Index: from strong spots to crystals, orientations and indices."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from gnomon.distribute.executor import Executor
from gnomon.errors import InputError
from gnomon.maths.geometry.reciprocal_points import reciprocal_points
from gnomon.models.experiment import Experiments
from gnomon.models.model import key_of
from gnomon.models.reflections import Reflections
from gnomon.models.valid_images import STRETCH
from gnomon.step import HERE, Context, Result, require_columns
from gnomon.steps.index.further_lattices import more_lattices
from gnomon.steps.index.jumps import without_jumps
from gnomon.steps.index.params import IndexParams
from gnomon.steps.index.refinement import beyond_the_scan, cleared, only_where_it_diffracts, refined_in_shells
from gnomon.steps.index.summary import IndexSummary, candidates, header_error, per_crystal, per_sweep
from gnomon.steps.index.sweeps import lattices_of_sweeps, one_experiment_a_sweep, sweep_numbers, with_crystals
from gnomon.steps.index.task import KnownSymmetry, Task

NEEDED = ("id", "panel", "xyzobs.px.value", "xyzobs.px.variance")


def index(
    experiments: Experiments,
    reflections: Reflections,
    params: IndexParams,
    context: Context = HERE,
) -> Result[IndexSummary]:
    """Experiments with crystals, and the spots with indices; a lattice a sweep, or ``max_lattices``.

    Crystals are Niggli-reduced in P 1 unless a space group or cell is known. Every spot stays in the table; those
    without index have id -1. Raises InputError where there are too few spots, or no lattice stands out.
    """
    if not len(reflections):
        raise InputError(
            "the reflection table is empty: there are no spots to index; look at what find_spots says of the counts, "
            "and give it a lower threshold or another threshold.algorithm"
        )
    require_columns("index", reflections, NEEDED)
    reflections = _in_images(reflections, params.image_range)
    sweep = sweep_numbers(experiments, reflections["id"], reflections.get("imageset_id"))
    sweeps = one_experiment_a_sweep(experiments)

    def indexed(sweeps: Experiments, sweep: np.ndarray, alone: Collection[int] = ()) -> Result[IndexSummary]:
        return _indexed(
            Task(sweeps, cleared(reflections, sweep), sweep, params, known, context.progress, frozenset(alone)),
            reflections,
            context.executor.over(context.workers),
        )

    known = KnownSymmetry.of(params)
    return without_jumps(indexed(sweeps, sweep), (sweeps, sweep), indexed)


def _in_images(reflections: Reflections, ranges: tuple[tuple[int, ...], ...]) -> Reflections:
    """The spots whose centroids lie in one of the ``ranges`` (j0 <= z < j1); all where there are none.

    Raises InputError where none does.
    """
    if not ranges:
        return reflections
    z = reflections["xyzobs.px.value"][:, 2]
    inside = np.any([(z >= first) & (z < end) for first, end in ranges], axis=0)
    if not inside.any():
        raise InputError(f"image_range leaves none of {len(z)} spots, which are at {z.min():.0f} to {z.max():.0f}")
    return reflections.select(inside)


def _indexed(task: Task, reflections: Reflections, executor: Executor) -> Result[IndexSummary]:
    """The sweeps of the task indexed; reflections: its spots as they came."""
    sweeps, sweep = task.sweeps, task.sweep
    points = reciprocal_points(sweeps, task.spots)
    found = lattices_of_sweeps(points, task, executor)
    d_start = min(s.d_min for s in found.searches)
    refined = refined_in_shells(with_crystals(task, found), task, d_start)
    refined, further = more_lattices(refined, task)
    indexed, left_out = only_where_it_diffracts(refined, reflections, sweep)
    doubted = beyond_the_scan(refined)
    summary = IndexSummary(
        max_cell=float(max(s.max_cell for s in found.searches)),
        d_min=float(d_start),
        n_crystals=len({key_of(e.crystal) for e in indexed}),
        one_lattice=found.one_lattice,
        beam_centre_off=header_error(task, found.lattices),
        crystals=per_crystal(refined),
        sweeps=per_sweep(refined, task),
        candidates=candidates(found.searches, found.lattices),
        decisions=(*found.decisions, *further, *doubted, *left_out),
    )
    table = refined.table.without_columns(STRETCH).with_identifiers({i: e.identifier for i, e in enumerate(indexed)})
    return Result(indexed, table, summary)
