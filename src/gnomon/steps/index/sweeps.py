"""Several sweeps: one crystal or one each, found together or apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.models.experiment import Experiments
from gnomon.step import InputError
from gnomon.steps.index.crystals import (
    CLOSE,
    aligned,
    common_shifts,
    explains_all,
    misorientation,
    move_detectors,
    needs_splitting,
    one_each,
)
from gnomon.steps.index.mixture import Lattice, at_shift
from gnomon.steps.index.points import Points
from gnomon.steps.index.search import Search, search
from gnomon.steps.index.symmetry import KnownSymmetry
from gnomon.steps.index.task import Indexed, Task

LEAST_POINTS = 10


@dataclass(frozen=True, eq=False)
class Found:
    """A lattice for each sweep (None: not found), whether they are one crystal, and the reasons in words."""

    lattices: list[Lattice | None]
    shared: bool
    searches: list[Search]
    reasons: tuple[str, ...]


def lattices_of_sweeps(points: Points, task: Task, workers: Workers) -> Found:
    """The lattices of all sweeps: joint where asked, or where nothing is asked and one crystal explains them all.

    Raises InputError where none is found.
    """
    if len(points) < LEAST_POINTS:
        raise InputError(
            f"index found {len(points)} spots and needs at least {LEAST_POINTS}; "
            "find more with a lower find_spots sigma_strong, or give more images"
        )
    if len(task.sweeps) == 1:
        found = search(points, task.params, task.known)
        reasons = _required([found], task.known)
        return Found([found.lattices[0]], True, [found], reasons)
    if task.params.joint is not False and not task.has_stills:
        together = _together(points, task)
        if together is not None:
            return together
    return _apart(points, task, workers)


def _together(points: Points, task: Task) -> Found | None:
    """One lattice for all sweeps; None where there is none and joint indexing was not insisted on."""
    n_sweeps = len(task.sweeps)
    found = search(points, task.params, task.known, patient=bool(task.params.joint))
    if task.params.joint:
        reasons = _required([found], task.known)
        return Found([found.lattices[0]] * n_sweeps, True, [found], (*reasons, "one crystal for all sweeps, as asked"))
    best = next((x for x in found.lattices if explains_all(x, points, n_sweeps)), None)
    if best is None:
        return None
    each = one_each(best, points, n_sweeps)
    if needs_splitting(best, each, points):
        turn = max(misorientation(best.A, own.A) for own in each)
        why = (
            "one lattice explains all sweeps under their goniometer settings, indexed alike; "
            f"orientations differ by up to {turn:.2f} degrees from a common one, so each sweep keeps its own crystal"
        )
        return Found(list(each), False, [found], (why,))
    why = "one crystal explains all sweeps under their goniometer settings: indexed and refined together"
    return Found([best] * n_sweeps, True, [found], (why,))


def _apart(points: Points, task: Task, workers: Workers) -> Found:
    """A lattice for each sweep by itself; those that are the first one's crystal get its setting."""

    def one(k: int) -> Search | None:
        part = points.select(points.sweep == k)
        return search(part, task.params, task.known) if len(part) >= LEAST_POINTS else None

    searches = list(workers.map(one, range(len(task.sweeps))))
    made = [s for s in searches if s is not None]
    _required(made, task.known)
    lattices: list[Lattice | None] = [s.lattices[0] if s is not None and s.lattices else None for s in searches]
    reference = max((x for x in lattices if x is not None), key=lambda x: x.gain)
    lattices = [None if x is None else replace(x, A=aligned(x.A, reference.A)) for x in lattices]
    alike = sum(misorientation(reference.A, x.A) < CLOSE for x in lattices if x is not None)
    n = sum(x is not None for x in lattices)
    reasons = [
        "each sweep indexed by itself" + ("" if task.params.joint is False else ": no one crystal explains them all")
    ]
    if alike > 1:
        reasons.append(f"{alike} of {n} crystals share one orientation within {CLOSE:.0f} degrees and one setting")
    if n < len(lattices):
        lost = ", ".join(str(k) for k, x in enumerate(lattices) if x is None)
        reasons.append(f"no lattice in sweep {lost}: left out")
    return Found(lattices, False, made, tuple(reasons))


def _required(searches: list[Search], known: KnownSymmetry) -> tuple[str, ...]:
    """No words; InputError where no search found a lattice."""
    if any(s.lattices for s in searches):
        return ()
    limit = max((s.max_cell for s in searches), default=0.0)
    if known.cell is not None or known.group is not None:
        raise InputError(
            "no lattice found that agrees with the known cell and space group; check them, or leave them out"
        )
    raise InputError(
        f"no lattice found (cell edges up to {2 * limit:.0f} Å); try max_cell=, a larger mm_search_scope=, a known "
        "unit_cell=, or check beam centre, distance and rotation axis"
    )


def with_crystals(task: Task, found: Found, points: Points) -> Indexed:
    """The experiments of the sweeps that have a lattice: their crystal in the known setting, their detector moved.

    A crystal that is shared is one object; detectors shared before are shared after, moved by the median of what
    their sweeps found, and lattices that were found under another shift are adapted to it.
    """
    lattices = found.lattices
    shifts = common_shifts(task.sweeps, [None if x is None else x.shift for x in lattices])
    moved = move_detectors(task.sweeps, shifts)
    there = {k: x for k, x in enumerate(lattices) if x is not None}
    kept = list(there)
    if found.shared:
        crystals = [task.known.crystal(there[0].A)] * len(kept)
    else:
        adapted = [at_shift(x, points.select(points.sweep == k), shifts[k]) for k, x in there.items()]
        crystals = [task.known.crystal(x.A) for x in adapted]
    return Indexed(moved.with_items(moved[k].replace(crystal=c) for k, c in zip(kept, crystals)), kept)


def sweep_numbers(experiments: Experiments, reflections_id: np.ndarray, imageset: np.ndarray | None) -> np.ndarray:
    """(N,) int32 sweep of each spot: that of its experiment, or of its image set where it has none."""
    first: dict[tuple[int, int], int] = {}
    number = [first.setdefault((id(e.scan), id(e.images)), len(first)) for e in experiments]
    sweep = np.where(reflections_id >= 0, np.array(number)[np.clip(reflections_id, 0, None)], -1)
    if imageset is not None:
        known = (sweep < 0) & (imageset >= 0) & (imageset < len(first))
        sweep = np.where(known, imageset, sweep)
    return sweep.astype(np.int32)


def one_experiment_a_sweep(experiments: Experiments) -> Experiments:
    """The first experiment of each sweep, without crystal, profile and scaling: what import left."""
    first = {(id(e.scan), id(e.images)): e for e in reversed(experiments.items)}
    kept = [e for e in experiments if first[id(e.scan), id(e.images)] is e]
    return experiments.with_items(e.replace(crystal=None, profile=None, scaling_model=None) for e in kept)
