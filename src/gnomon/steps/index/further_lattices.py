"""Further lattices in the spots that the first leaves over, as near to it as spots can be told apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.crystal.change_of_basis import primitive_change
from gnomon.maths.crystal.lattice import bases_like
from gnomon.maths.geometry.reciprocal_points import reciprocal_points
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiment, identifier_for
from gnomon.models.flags import Flag
from gnomon.steps.index.near_lattices import CLEARLY_TWO, between, two_turns
from gnomon.steps.index.params import IndexParams
from gnomon.steps.index.refinement import refined_in_shells, squared_offsets
from gnomon.steps.index.search import search
from gnomon.steps.index.sweeps import misorientation
from gnomon.steps.index.task import Indexed, Refined, Task
from gnomon.summary import Decision

FEWEST_SPOTS = 20  # of a further lattice, and left over for one
SEPARATE = 2.5
"""How much further the spots of one lattice lie from another's nodes than from its own, in the median, at least.

Where two are one, spots are dealt out by chance and the ratio is below 2 (the nearer of two draws against the
further); lattices whose spots touch but are found apart, 0.5 to 1 degree, have 5 to 10.
"""
MOST_KEPT = 0.95
"""Of the spots that had an index, to be explained by two lattices and what lies between, at least."""


@dataclass(frozen=True)
class NoFurtherLattice:
    """Why a sweep gets no further lattice, and the figure that says so."""

    why: str
    figure: str


@dataclass(frozen=True, eq=False)
class FurtherLattice:
    """A further crystal, and where it parts the spots of experiment ``of`` with it the one for the greater share."""

    crystal: Crystal
    of: int = -1
    instead: Crystal | None = None


def more_lattices(first: Refined, task: Task) -> tuple[Refined, list[Decision]]:
    """The experiments with up to ``max_lattices`` in each sweep, refined together, and what was found or dropped.

    A further lattice is looked for in the spots without index of each sweep, under the geometry as refined.
    """
    decisions: list[Decision] = []
    for _ in range(task.params.max_lattices - 1):
        trials = {k: _further_lattice(first, task, k) for k in first.indexed.members}
        grown = first.indexed
        for k, found in trials.items():
            if isinstance(found, FurtherLattice):
                grown = _with_lattice(grown, found, k, task)
        refined, lost = _refined(first, grown, task)
        decisions += _reasons({k: x for k, x in trials.items() if isinstance(x, NoFurtherLattice)} | lost)
        if refined is first:
            break
        first = refined
    first, met = _without_between(first, task)
    return first, [*_misorientations(first.indexed), *met, *decisions]


def _without_between(first: Refined, task: Task) -> tuple[Refined, list[Decision]]:
    """The lattices without those that are but the spots of two others which ran together, and that this was decided.

    While the one that was hidden is refined, that in the middle holds these spots; then they have no index.
    """
    decisions = []
    for k in first.indexed.members:
        own = first.indexed.of_sweep(k)
        points = {i: first.table["rlp"][first.table.by_experiment()[i]] for i in own}
        found = between(own, points, task.params.hkl_tolerance) if len(own) > 1 else None
        if found is None:
            continue
        refined, middle = first, found.middle
        if found.hidden is not None:
            grown = _with_lattice(
                first.indexed, FurtherLattice(own[middle].needed_crystal, middle, found.hidden), k, task
            )
            refined = refined_in_shells(grown, task, float(np.median(first.table["d"])))
            middle = len(grown.experiments) - 1
            indexed = [int(r.table.has(Flag.INDEXED).sum()) for r in (first, refined)]
            if indexed[1] < MOST_KEPT * indexed[0] or any(_why_dropped(refined, i) is not None for i in own):
                continue
        n = refined.table.by_experiment().count(middle)
        what = f"sweep {k}: {n} spots lie between two lattices, where spots of both ran together: they have no index"
        decisions.append(Decision(what, evidence={"spots": n}))
        first = _without(refined, middle)
    return first, decisions


def _without(refined: Refined, i: int) -> Refined:
    """Without experiment ``i``, its spots without index."""
    table, mine = refined.table, refined.table["id"] == i
    made = Flag.INDEXED | Flag.PREDICTED | Flag.USED_IN_REFINEMENT | Flag.CENTROID_OUTLIER
    number = np.arange(len(refined.indexed.experiments) + 1) - 1  # of id + 1
    number = np.where(np.arange(len(number)) > i, number - 1, number)
    columns = {
        "id": np.where(mine, -1, number[table["id"] + 1]).astype(np.int32),
        "miller_index": np.where(mine[:, None], 0, table["miller_index"]).astype(np.int32),
        "flags": np.where(mine, table["flags"] & ~np.uint64(made), table["flags"]),
    }
    stay = [j for j in range(len(refined.indexed.experiments)) if j != i]
    experiments = refined.indexed.experiments.with_items(refined.indexed.experiments[j] for j in stay)
    indexed = Indexed(experiments, [refined.indexed.sweep_of[j] for j in stay])
    return Refined(indexed, table.with_columns(columns), refined.rmsd[stay])


def _further_lattice(have: Refined, task: Task, k: int) -> FurtherLattice | NoFurtherLattice:
    """A crystal for spots of sweep ``k`` that have none, or that one crystal has for two; or why there is none."""
    own = have.indexed.of_sweep(k)
    return _split_in_two(have, own, task, k) or _in_unindexed_spots(have, own, task, k)


def _in_unindexed_spots(
    have: Refined, own: dict[int, Experiment], task: Task, k: int
) -> FurtherLattice | NoFurtherLattice:
    """A crystal for the spots without index, or why there is none."""
    left, n = _unindexed(have, task, k)
    if len(left) < max(FEWEST_SPOTS, task.params.recycle_cutoff * n):
        least = f"fewer than {FEWEST_SPOTS} or than recycle_unindexed_reflections_cutoff={task.params.recycle_cutoff:g}"
        return NoFurtherLattice(f"too few spots are left over for one ({least})", f"{len(left)}, {len(left) / n:.1%}")
    rest = have.table.select(left)
    rest = rest.with_columns({"id": np.zeros(len(rest), np.int32)})
    host = next(iter(own.values()))
    points = reciprocal_points(have.indexed.experiments.with_items((host,)), rest)
    near: NoFurtherLattice | None = None
    for lattice in search(points, task.params.changed(beam_search=False), task.known).lattices:
        crystal = task.known.crystal(lattice.A)
        near = _too_near(crystal, own, task.params) or _same_as_another(crystal, own, points.rlp)
        if near is None:
            return FurtherLattice(crystal)
    return near or NoFurtherLattice("no lattice stands out from the spots left over", f"{len(left)} spots")


def _split_in_two(
    have: Refined, own: dict[int, Experiment], task: Task, k: int
) -> FurtherLattice | NoFurtherLattice | None:
    """Two crystals for one whose spots lie off its nodes in two ways; None where they do not, or the second has few."""
    left, n = _unindexed(have, task, k)
    for i, experiment in own.items():
        rlp = have.table["rlp"][np.sort(np.concatenate([left, have.table.by_experiment().array(i)]))]
        crystal = experiment.needed_crystal
        two = two_turns(crystal.A, rlp, task.params.hkl_tolerance)
        if two is None or two.apart < CLEARLY_TWO:
            continue
        count = two.shares[1] * len(rlp)
        if count < FEWEST_SPOTS or count + len(left) < task.params.recycle_cutoff * n:
            continue
        first, second = (replace(crystal, A=A) for A in two.settings(crystal.A))
        return _too_near(second, {i: experiment.replace(crystal=first)}, task.params) or FurtherLattice(
            second, i, first
        )
    return None


def _unindexed(have: Refined, task: Task, k: int) -> tuple[np.ndarray, int]:
    """The rows of the spots of sweep ``k`` that have no index, rising, and how many spots it has in all."""
    rows = task.by_sweep.array(k)
    return rows[(have.table["flags"][rows] & np.uint64(Flag.INDEXED)) == 0], len(rows)


def _too_near(crystal: Crystal, own: dict[int, Experiment], params: IndexParams) -> NoFurtherLattice | None:
    """Why the lattice is dropped where further ones were asked for: it is turned by less from one of ``own``."""
    least = params.minimum_angular_separation
    angle = min(_misorientation(e.needed_crystal, crystal) for e in own.values())
    if least is None or angle > least:
        return None
    return NoFurtherLattice(
        f"a lattice so near to another was dropped (minimum_angular_separation={least:g})", f"{angle:.1f}°"
    )


def _same_as_another(crystal: Crystal, own: dict[int, Experiment], rlp: np.ndarray) -> NoFurtherLattice | None:
    """Why the lattice is no other than one of ``own``: half of its points, the nearest, are on that too.

    rlp: (N, 3), 1/Å.
    """
    squared = squared_offsets(crystal, rlp)[1]
    nearest = squared <= np.median(squared)
    rows = squared[nearest], rlp[nearest]
    return _unseparated(min(_ratio(rows[0], e.needed_crystal, rows[1]) for e in own.values()))


def _ratio(squared: np.ndarray, other: Crystal, rlp: np.ndarray) -> float:
    """How much further, in the median, points lie from the nodes of ``other`` than at ``squared`` (1/Å²)."""
    return float(np.sqrt(np.median(squared_offsets(other, rlp)[1]) / max(float(np.median(squared)), 1e-14)))


def _unseparated(ratio: float) -> NoFurtherLattice | None:
    if ratio > SEPARATE:
        return None
    return NoFurtherLattice(
        f"the spots of a further lattice do not separate from another's (they lie less than {SEPARATE:g} times as far "
        "from its nodes as from their own)",
        f"{ratio:.1f} times",
    )


def _with_lattice(indexed: Indexed, found: FurtherLattice, k: int, task: Task) -> Indexed:
    """With one more experiment in sweep ``k``, and the one that it parts changed."""
    items = list(indexed.experiments)
    if found.instead is not None:
        items[found.of] = items[found.of].replace(crystal=found.instead)
    host = indexed.geometry_of(k, task.sweeps[k])
    name = identifier_for(host.identifier, "lattice", indexed.sweep_of.count(k))
    changed = replace(indexed, experiments=indexed.experiments.with_items(items))
    return changed.added(host.replace(crystal=found.crystal, identifier=name), k)


def _refined(first: Refined, grown: Indexed, task: Task) -> tuple[Refined, dict[int, NoFurtherLattice]]:
    """All lattices refined together, without those that turn out to be one with another: these by sweep, and why."""
    before = len(first.indexed.experiments)
    if len(grown.experiments) == before:
        return first, {}
    d_start = float(np.median(first.table["d"]))
    refined = refined_in_shells(grown, task, d_start)
    verdicts = [_why_dropped(refined, i) for i in range(before, len(grown.experiments))]
    lost = {grown.sweep_of[before + n]: why for n, why in enumerate(verdicts) if why is not None}
    if not lost:
        return refined, {}
    stay = [i for i, k in enumerate(grown.sweep_of) if i < before or k not in lost]
    kept = Indexed(grown.experiments.with_items(grown.experiments[i] for i in stay), [grown.sweep_of[i] for i in stay])
    return (first if len(stay) == before else refined_in_shells(kept, task, d_start)), lost


def _why_dropped(refined: Refined, i: int) -> NoFurtherLattice | None:
    """Why experiment ``i`` does not stay: too few spots, or spots that are as near to another lattice of its sweep."""
    rlp = refined.table["rlp"][refined.table.by_experiment()[i]]
    if len(rlp) < FEWEST_SPOTS:
        return NoFurtherLattice(f"a further lattice kept fewer than {FEWEST_SPOTS} spots", f"{len(rlp)}")
    squared = squared_offsets(refined.indexed.experiments[i].needed_crystal, rlp)[1]
    others = (e for j, e in refined.indexed.of_sweep(refined.indexed.sweep_of[i]).items() if j != i)
    return _unseparated(min(_ratio(squared, e.needed_crystal, rlp) for e in others))


def _misorientation(one: Crystal, other: Crystal) -> float:
    """Degrees between two orientations, the least over the symmetry of the metric; 180 for different cells."""
    A, B = (c.reindexed(primitive_change(c.hall_symbol)).A for c in (one, other))
    return min((misorientation(A, basis) for basis in bases_like(B, A)), default=180.0)


def _reasons(dropped: dict[int, NoFurtherLattice]) -> list[Decision]:
    """One for each reason: the sweeps that have it, with their figures."""
    kinds: dict[str, list[str]] = {}
    for k, why in sorted(dropped.items()):
        kinds.setdefault(why.why, []).append(f"sweep {k} ({why.figure})")
    return [
        Decision(f"no further lattice in {', '.join(sweeps)}", why, {"sweeps": len(sweeps)}, "max_lattices", link=": ")
        for why, sweeps in kinds.items()
    ]


def _misorientations(indexed: Indexed) -> list[Decision]:
    """One for each further lattice: how its orientation differs from the first of its sweep."""
    lines, first = [], {}
    for e, k in zip(indexed.experiments, indexed.sweep_of):
        if k not in first:
            first[k] = [e.needed_crystal]
            continue
        first[k].append(e.needed_crystal)
        angle = _misorientation(first[k][0], e.needed_crystal)
        how = f"turned by {angle:.2f} degrees from the first" if angle < 180 else "of another cell than the first"
        evidence = {"turn": angle} if angle < 180 else {}
        what = f"sweep {k}, lattice {len(first[k])}: {how}"
        lines.append(Decision(what, evidence=evidence, parameter="max_lattices"))
    return lines
