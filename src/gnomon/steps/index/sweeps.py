"""Several sweeps: one crystal or one each, found together or apart, in settings that agree.

Lattices are brought under the detector that sweeps share, and those unlike all others are doubted: in a still, as in a
narrow wedge, a wrong beam centre and a skewed cell explain the spots alike. What was found under a sweep's own shift
may be wrong, and is searched again under the shift that the sweeps agree upon.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gnomon.distribute.executor import Executor
from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import bases_like
from gnomon.maths.geometry.reciprocal_points import Points, detector_axes
from gnomon.models.crystal import cell_from_a_matrix
from gnomon.models.experiment import Experiments
from gnomon.steps.index.candidate_lattices import (
    CandidateLattice,
    at_shift,
    fit_mixture,
    node_offsets,
    refined_lattice,
    scored,
)
from gnomon.steps.index.params import IndexParams
from gnomon.steps.index.search import Search, search
from gnomon.steps.index.task import Indexed, KnownSymmetry, Task
from gnomon.summary import Decision

LEAST_POINTS = 10
SHIFTS_AGREE = 0.5  # px between a sweep's own shift and the common one, within which its lattice is not searched again
FEWEST_ALIKE = 3  # that are alike, for one unlike them to be doubted
MUCH_LESS_EXPLAINED = 0.8
"""Of the fraction of spots that lattices of the others explain, below which a doubted one is left out."""
FEWEST_SPOTS = 8  # of a sweep, to say whether a lattice explains it
SPLIT_RATIO = 2.0  # residual of one crystal for all over that of one each, above which each sweep gets its own
SAME_ORIENTATION = 5.0  # degrees


@dataclass(frozen=True, eq=False)
class Found:
    """A lattice for each sweep (None: not found), and what was decided.

    shared: those that turn are one crystal; one_lattice: they were found as one, though each may keep its crystal.
    """

    lattices: list[CandidateLattice | None]
    shared: bool
    one_lattice: bool
    searches: list[Search]
    decisions: tuple[Decision, ...]


def lattices_of_sweeps(points: Points, task: Task, executor: Executor) -> Found:
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
            together = _with_others(together, points, task, executor)
        if together is not None:
            return _under_one_detector(together, points, task)
    return _under_one_detector(_apart(points, task, executor), points, task)


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
    each = refined_by_sweep(best, points, n_sweeps)
    if needs_splitting(best, each, points):
        turn = max(misorientation(best.A, own.A) for own in each)
        what = (
            "one lattice explains all sweeps under their goniometer settings, indexed alike; "
            f"orientations differ by up to {turn:.2f} degrees from a common one, so each sweep keeps its own crystal"
        )
        return Found(list(each), False, True, [found], (Decision(what, evidence={"turn": turn}, parameter="joint"),))
    what = "one crystal explains all sweeps under their goniometer settings: indexed and refined together"
    return Found([best] * n_sweeps, True, True, [found], (Decision(what, parameter="joint"),))


def _each(which: Sequence[int], points: Points, task: Task, executor: Executor) -> list[Search | None]:
    """The search in each of the sweeps ``which`` by itself; None where there are too few spots."""
    return list(executor.map(SearchOfSweep(task.params), (points.of_sweep(k) for k in which)))


@dataclass(frozen=True, eq=False)
class SearchOfSweep:
    """The task of searching the points of one sweep for lattices; None where there are too few."""

    params: IndexParams

    def __call__(self, points: Points) -> Search | None:
        return search(points, self.params, KnownSymmetry.of(self.params)) if len(points) >= LEAST_POINTS else None


def _with_others(together: Found, points: Points, task: Task, executor: Executor) -> Found:
    """The sweeps as found together, and by itself each still, and each that has a crystal of its own.

    The latter in the setting of the shared one.
    """
    others = [k for k in range(len(task.sweeps)) if k not in task.joined]
    lattices = list(together.lattices)
    reference = next(x for k in task.joined if (x := lattices[k]) is not None)
    searches = _each(others, points, task, executor)
    for k, search_there in zip(others, searches):
        own = search_there.lattices[0] if search_there is not None and search_there.lattices else None
        turn = own is not None and k in task.alone
        lattices[k] = replace(own, A=aligned(own.A, reference.A)) if own is not None and turn else own
    made = [s for s in searches if s is not None]
    beside = [x for k in task.alone if (x := lattices[k]) is not None]
    one = together.one_lattice and all(misorientation(reference.A, x.A) < SAME_ORIENTATION for x in beside)
    return replace(together, lattices=lattices, one_lattice=one, searches=[*together.searches, *made])


def _apart(points: Points, task: Task, executor: Executor) -> Found:
    """A lattice for each sweep by itself; those that are the first one's crystal get its setting."""
    searches = _each(range(len(task.sweeps)), points, task, executor)
    made = [s for s in searches if s is not None]
    _require_one(made, task.known)
    lattices: list[CandidateLattice | None] = [
        s.lattices[0] if s is not None and s.lattices else None for s in searches
    ]
    reference = max((x for x in lattices if x is not None), key=lambda x: x.gain)
    lattices = [None if x is None else replace(x, A=aligned(x.A, reference.A)) for x in lattices]
    alike = sum(misorientation(reference.A, x.A) < SAME_ORIENTATION for x in lattices if x is not None)
    n = sum(x is not None for x in lattices)
    tried = task.params.joint is not False and len(task.joined) > 1
    why = "no one crystal explains them all" if tried else ""
    decisions = [Decision("each sweep indexed by itself", why, parameter="joint", link=": ")]
    if alike > 1:
        what = f"{alike} of {n} crystals share one orientation within {SAME_ORIENTATION:.0f} degrees and one setting"
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


@dataclass(frozen=True, eq=False)
class UnderOneDetector:
    """The lattice (None: none) of each sweep under the common shift, and what was changed or doubted."""

    lattices: list[CandidateLattice | None]
    decisions: list[Decision]


def under_one_detector(
    lattices: list[CandidateLattice | None], points: Points, task: Task, held: Sequence[int] = ()
) -> UnderOneDetector:
    """The lattices under the median shift of the sweeps that share a detector, searched again where theirs differs.

    Sweeps that are ``held`` keep their lattice, and say alone what the shift is.

    Then those unlike all others are searched again in the others' cell; where that explains no more they are reported,
    and left out if they also explain much less.
    """
    telling = [x if k in held or not held else None for k, x in enumerate(lattices)]
    shifts = common_shifts(task.sweeps, [None if x is None else x.shift for x in telling])
    new: list[CandidateLattice | None] = list(lattices)
    again, lost = [], []
    for k, lattice in enumerate(lattices):
        if lattice is None or k in held:
            continue
        part = points.of_sweep(k)
        new[k] = _best([at_shift(lattice, part, shifts[k])], task.known)
        pixel = task.sweeps[k].detector.pixel_sizes[0]
        if new[k] is None or np.abs((lattice.shift - shifts[k]) / pixel).max() > SHIFTS_AGREE:
            again.append(k)
            new[k] = _best([new[k], *_searched(part, shifts[k], task, task.known)], task.known)
        if new[k] is None:
            lost.append(k)
    decisions = []
    if again:
        what = (
            f"sweeps whose own beam centre differs from the others' by more than {SHIFTS_AGREE:g} px were searched "
            f"again under the common one: {_listed(again)}"
        )
        decisions.append(Decision(what, evidence={"sweeps": len(again)}))
    if lost:
        what = f"left out, as nothing that is allowed explains the spots there: sweep {_listed(lost)}"
        decisions.append(Decision(what, evidence={"sweeps": len(lost)}))
    return _without_unlike(UnderOneDetector(new, decisions), points, shifts, task)


def _best(lattices: list[CandidateLattice | None], known: KnownSymmetry) -> CandidateLattice | None:
    """The lattice of most gain of those that agree with what is known."""
    there = [x for x in lattices if x is not None and known.allows(x.A)]
    return max(there, key=lambda x: x.gain, default=None)


def _searched(points: Points, shift: np.ndarray, task: Task, known: KnownSymmetry) -> list[CandidateLattice | None]:
    """Lattices of the points under the shift (2,) mm and no other."""
    found = search(points.moved(shift), task.params.changed(beam_search=False), known, patient=False).lattices
    return [at_shift(replace(x, shift=x.shift + shift), points, shift) for x in found]


def _without_unlike(found: UnderOneDetector, points: Points, shifts: list[np.ndarray], task: Task) -> UnderOneDetector:
    """The lattices, those unlike all others replaced, reported as doubtful, or left out."""
    lattices, decisions = list(found.lattices), list(found.decisions)
    there = {k: x for k, x in enumerate(lattices) if x is not None}
    for k, others in _unlike_all_others(there).items():
        own = there[k]
        cell = np.median([cell_from_a_matrix(_in_setting_of(there[others[0]], there[i])) for i in others], axis=0)
        usual = float(np.median([there[i].fraction for i in others]))
        part = points.of_sweep(k)
        known = replace(task.known, group=None, cell=cell, length_tolerance=0.03, angle_tolerance=3.0)
        like = _best([x for x in _searched(part, shifts[k], task, known) if x is not None], task.known)
        if like is not None and like.gain > own.gain:
            lattices[k] = like
            end = f"is replaced by theirs, which explains {like.fraction:.0%} of the spots"
        elif own.fraction < MUCH_LESS_EXPLAINED * usual:
            lattices[k] = None
            end = f"explains {own.fraction:.0%} of the spots and theirs {usual:.0%}: left out"
        else:
            end = "is doubtful: look at it before it is merged with them"
        what = f"sweep {k}: a cell of {' '.join(f'{x:.1f}' for x in cell_from_a_matrix(own.A))}, unlike all others'"
        evidence = {"fraction": float(own.fraction), "of_others": usual}
        decisions.append(Decision(f"{what}, {end}", evidence=evidence, parameter="unit_cell"))
    return UnderOneDetector(lattices, decisions)


def _unlike_all_others(lattices: dict[int, CandidateLattice]) -> dict[int, list[int]]:
    """Sweeps whose cell is like no other's, with the sweeps of the largest group that are alike."""
    alike = {k: [j for j, y in lattices.items() if j != k and len(bases_like(y.A, x.A))] for k, x in lattices.items()}
    most = max(alike, key=lambda k: len(alike[k]), default=None)
    if most is None or len(alike[most]) + 1 < FEWEST_ALIKE:
        return {}
    return {k: sorted([most, *alike[most]]) for k, others in alike.items() if not others}


def _in_setting_of(reference: CandidateLattice, lattice: CandidateLattice) -> np.ndarray:
    """The basis of the lattice that is the reference's but for a turn."""
    return np.asarray(bases_like(lattice.A, reference.A)[0])


def _listed(sweeps: list[int]) -> str:
    return ", ".join(map(str, sweeps))


def explains_all(lattice: CandidateLattice, points: Points, n_sweeps: int) -> bool:
    """Whether a lattice found in all sweeps explains each: half the fraction of points that it does in the best."""
    fractions = []
    for k in range(n_sweeps):
        part = points.of_sweep(k)
        if len(part) >= FEWEST_SPOTS:
            fractions.append(_near_fraction(lattice, part))
    return bool(fractions) and min(fractions) >= 0.5 * max(fractions) and min(fractions) > 0.25


def _near_fraction(lattice: CandidateLattice, points: Points, tolerance: float = 0.2) -> float:
    """The fraction of points within ``tolerance`` of whole numbers on each axis, less what chance would give."""
    rlp = points.rlp + points.slope @ lattice.shift
    h = rlp @ np.linalg.inv(lattice.A).T
    near = (np.abs(h - np.rint(h)) < tolerance).all(axis=1).mean()
    chance = (2 * tolerance) ** 3
    return float((near - chance) / (1 - chance))


def misorientation(A: np.ndarray, other: np.ndarray) -> float:
    """Degrees by which ``other`` is turned against A: the angle of the rotation nearest to other A^-1."""
    u, _, v = np.linalg.svd(other @ np.linalg.inv(A))
    return float(np.rad2deg(np.arccos(np.clip((np.trace(u @ v) - 1) / 2, -1, 1))))


def refined_by_sweep(lattice: CandidateLattice, points: Points, n_sweeps: int) -> list[CandidateLattice]:
    """The lattice refined for each sweep by itself, the detector's shift in common; as it is where spots are few."""
    result = []
    for k in range(n_sweeps):
        part = points.of_sweep(k)
        own = refined_lattice(lattice, part) if len(part) >= FEWEST_SPOTS else lattice
        same = misorientation(lattice.A, own.A) < SAME_ORIENTATION and abs(own.volume / lattice.volume - 1) < 0.1
        result.append(own if same else scored(lattice, part))
    return result


def needs_splitting(lattice: CandidateLattice, each: list[CandidateLattice], points: Points) -> bool:
    """Whether sweeps disagree about the orientation: their own fits leave less than half the residual of the joint.

    Settings of a goniometer can be a degree off, which refinement with one crystal cannot mend.
    """
    ratios = []
    for k, own in enumerate(each):
        part = points.of_sweep(k)
        if len(part) >= FEWEST_SPOTS:
            ratios.append(_median_residual(lattice, part) / max(_median_residual(own, part), 1e-9))
    return bool(ratios) and float(np.median(ratios)) > SPLIT_RATIO


def _median_residual(lattice: CandidateLattice, points: Points) -> float:
    """1/Å: the median distance of points that belong from their nodes."""
    squared = node_offsets(lattice.A, points.rlp + points.slope @ lattice.shift)[1]
    inside = fit_mixture(lattice.A, squared)[3] > 0.5
    return float(np.sqrt(np.median(squared[inside]))) if inside.any() else float(np.sqrt(np.median(squared)))


def aligned(A: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """The basis of A's lattice, among those that are the reference's but for a turn, that is turned by the least.

    As it is where none comes within 5 degrees, or the cells differ: another crystal.
    """
    trials = bases_like(A, reference)
    angles = [misorientation(reference, trial) for trial in trials]
    best = int(np.argmin(angles)) if angles else -1
    return trials[best] if angles and angles[best] < SAME_ORIENTATION else A


def common_shifts(experiments: Experiments, shifts: list[np.ndarray | None]) -> list[np.ndarray]:
    """The shift (2,) mm of each experiment's detector: the median over those that share it, zero if unknown."""
    result = [np.zeros(2)] * len(experiments)
    for _, members in experiments.groups_sharing("detector"):
        known = [s for i in members if (s := shifts[i]) is not None]
        for i in members:
            result[i] = np.median(known, axis=0) if known else np.zeros(2)
    return result


def move_detectors(experiments: Experiments, shifts: list[np.ndarray]) -> Experiments:
    """The experiments with each detector moved by its shift (mm, along its axes); shared ones stay shared."""
    swap = {}
    for detector, members in experiments.groups_sharing("detector"):
        swap[detector.key] = detector.moved(np.eye(3), detector_axes(detector) @ shifts[members[0]])
    return experiments.replace_model("detector", swap)
