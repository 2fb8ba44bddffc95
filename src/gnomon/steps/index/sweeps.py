"""Several sweeps: one crystal or one each, found together or apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.models.experiment import Experiments
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
from gnomon.steps.index.mixture import Lattice
from gnomon.steps.index.points import Points
from gnomon.steps.index.search import Search, search
from gnomon.steps.index.sisters import under_one_detector
from gnomon.steps.index.symmetry import KnownSymmetry
from gnomon.steps.index.task import Indexed, Task
from gnomon.summary import Decision

LEAST_POINTS = 10


@dataclass(frozen=True, eq=False)
class Found:
    """A lattice for each sweep (None: not found), and what was decided.

    shared: those that turn are one crystal; one_lattice: they were found as one, though each may keep its crystal.
    """

    lattices: list[Lattice | None]
    shared: bool
    one_lattice: bool
    searches: list[Search]
    decisions: tuple[Decision, ...]


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
        _require_one([found], task.known)
        return Found([found.lattices[0]], True, True, [found], ())
    joined = task.joined
    if task.params.joint is not False and len(joined) > 1:
        together = _together(points.select(np.isin(points.sweep, joined)), task)
        if together is not None and len(joined) < len(task.sweeps):
            together = _with_others(together, points, task, workers)
        if together is not None:
            return _under_one_detector(together, points, task)
    return _under_one_detector(_apart(points, task, workers), points, task)


def _under_one_detector(found: Found, points: Points, task: Task) -> Found:
    """The lattices under the shift of the detector that sweeps share, those that cannot be right left out.

    A crystal that is shared stays as it was found, and what is beside it takes its shift.
    """
    adapted = under_one_detector(found.lattices, points, task, held=task.joined if found.shared else [])
    if not any(adapted.lattices):
        raise InputError(
            "no lattice is left that agrees with the others' beam centre and what is known; check the known cell and "
            "space group, or give the beam centre"
        )
    return replace(found, lattices=adapted.lattices, decisions=(*found.decisions, *adapted.decisions))


def _together(points: Points, task: Task) -> Found | None:
    """One lattice for all sweeps; None where there is none and joint indexing was not insisted on."""
    n_sweeps = len(task.sweeps)
    found = search(points, task.params, task.known, patient=bool(task.params.joint))
    if task.params.joint:
        _require_one([found], task.known)
        asked = Decision("one crystal for all sweeps, as asked", parameter="joint")
        return Found([found.lattices[0]] * n_sweeps, True, True, [found], (asked,))
    best = next((x for x in found.lattices if explains_all(x, points, n_sweeps)), None)
    if best is None:
        return None
    each = one_each(best, points, n_sweeps)
    if needs_splitting(best, each, points):
        turn = max(misorientation(best.A, own.A) for own in each)
        what = (
            "one lattice explains all sweeps under their goniometer settings, indexed alike; "
            f"orientations differ by up to {turn:.2f} degrees from a common one, so each sweep keeps its own crystal"
        )
        return Found(list(each), False, True, [found], (Decision(what, evidence={"turn": turn}, parameter="joint"),))
    what = "one crystal explains all sweeps under their goniometer settings: indexed and refined together"
    return Found([best] * n_sweeps, True, True, [found], (Decision(what, parameter="joint"),))


def _each(which: Sequence[int], points: Points, task: Task, workers: Workers) -> list[Search | None]:
    """The search in each of the sweeps ``which`` by itself; None where there are too few spots."""

    def one(k: int) -> Search | None:
        part = points.of_sweep(k)
        return search(part, task.params, task.known) if len(part) >= LEAST_POINTS else None

    return list(workers.map(one, which))


def _with_others(together: Found, points: Points, task: Task, workers: Workers) -> Found:
    """The sweeps as found together, and by itself each still, and each that has a crystal of its own.

    The latter in the setting of the shared one.
    """
    others = [k for k in range(len(task.sweeps)) if k not in task.joined]
    lattices = list(together.lattices)
    reference = next(x for k in task.joined if (x := lattices[k]) is not None)
    searches = _each(others, points, task, workers)
    for k, search_there in zip(others, searches):
        own = search_there.lattices[0] if search_there is not None and search_there.lattices else None
        turn = own is not None and k in task.alone
        lattices[k] = replace(own, A=aligned(own.A, reference.A)) if own is not None and turn else own
    made = [s for s in searches if s is not None]
    beside = [x for k in task.alone if (x := lattices[k]) is not None]
    one = together.one_lattice and all(misorientation(reference.A, x.A) < CLOSE for x in beside)
    return replace(together, lattices=lattices, one_lattice=one, searches=[*together.searches, *made])


def _apart(points: Points, task: Task, workers: Workers) -> Found:
    """A lattice for each sweep by itself; those that are the first one's crystal get its setting."""
    searches = _each(range(len(task.sweeps)), points, task, workers)
    made = [s for s in searches if s is not None]
    _require_one(made, task.known)
    lattices: list[Lattice | None] = [s.lattices[0] if s is not None and s.lattices else None for s in searches]
    reference = max((x for x in lattices if x is not None), key=lambda x: x.gain)
    lattices = [None if x is None else replace(x, A=aligned(x.A, reference.A)) for x in lattices]
    alike = sum(misorientation(reference.A, x.A) < CLOSE for x in lattices if x is not None)
    n = sum(x is not None for x in lattices)
    tried = task.params.joint is not False and len(task.joined) > 1
    why = "no one crystal explains them all" if tried else ""
    decisions = [Decision("each sweep indexed by itself", why, parameter="joint", link=": ")]
    if alike > 1:
        what = f"{alike} of {n} crystals share one orientation within {CLOSE:.0f} degrees and one setting"
        decisions.append(Decision(what, evidence={"alike": alike, "crystals": n}))
    if n < len(lattices):
        lost = ", ".join(str(k) for k, x in enumerate(lattices) if x is None)
        decisions.append(Decision(f"no lattice in sweep {lost}: left out", evidence={"sweeps": len(lattices) - n}))
    return Found(lattices, False, len(task.rotating) == 1, made, tuple(decisions))


def _require_one(searches: list[Search], known: KnownSymmetry) -> None:
    """Check that a search found a lattice; raises InputError."""
    if any(s.lattices for s in searches):
        return
    limit = max((s.max_cell for s in searches), default=0.0)
    if known.cell is not None or known.group is not None:
        raise InputError(
            "no lattice found that agrees with the known cell and space group; check them, or leave them out"
        )
    raise InputError(
        f"no lattice found (cell edges up to {2 * limit:.0f} Å); try max_cell=, a larger mm_search_scope=, a known "
        "unit_cell=, or check beam centre, distance and rotation axis"
    )


def with_crystals(task: Task, found: Found) -> Indexed:
    """The experiments of the sweeps that have a lattice: their crystal in the known setting, their detector moved.

    A crystal that is shared is one object; detectors shared before are shared after, moved by the median of what
    their sweeps found.
    """
    lattices = found.lattices
    shifts = common_shifts(task.sweeps, [None if x is None else x.shift for x in lattices])
    moved = move_detectors(task.sweeps, shifts)
    there = {k: x for k, x in enumerate(lattices) if x is not None}
    kept = list(there)
    joined = set(task.joined)
    one = next((x for k, x in there.items() if found.shared and k in joined), None)
    together = None if one is None else task.known.crystal(one.A)
    crystals = [task.known.crystal(x.A) if together is None or k not in joined else together for k, x in there.items()]
    return Indexed(moved.with_items(moved[k].replace(crystal=c) for k, c in zip(kept, crystals)), kept)


def sweep_numbers(experiments: Experiments, reflections_id: np.ndarray, imageset: np.ndarray | None) -> np.ndarray:
    """(N,) int32 sweep of each spot: that of its experiment, or of its image set where it has none."""
    first: dict[object, int] = {}
    number = [first.setdefault(e.sweep, len(first)) for e in experiments]
    sweep = np.where(reflections_id >= 0, np.array(number)[np.clip(reflections_id, 0, None)], -1)
    if imageset is not None:
        known = (sweep < 0) & (imageset >= 0) & (imageset < len(first))
        sweep = np.where(known, imageset, sweep)
    return sweep.astype(np.int32)


def one_experiment_a_sweep(experiments: Experiments) -> Experiments:
    """The first experiment of each sweep, without crystal, profile and scaling: what import left."""
    first = {e.sweep: i for i, e in reversed(list(enumerate(experiments)))}
    kept = [e for i, e in enumerate(experiments) if first[e.sweep] == i]
    return experiments.with_items(e.replace(crystal=None, profile=None, scaling_model=None) for e in kept)
