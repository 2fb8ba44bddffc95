"""What index found: per sweep how many spots are indexed, how well they fit, and why the others are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.maths.crystal.ice import on_ice_ring
from gnomon.models.crystal import cell_from_a_matrix
from gnomon.models.flags import Flag
from gnomon.steps.index.candidate_lattices import CandidateLattice, is_same_lattice
from gnomon.steps.index.search import Search
from gnomon.steps.index.task import Refined, Task
from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class CrystalSummary:
    """The crystal of one experiment."""

    experiment: int = figure("number of the experiment")
    sweep: int = figure("number of the sweep that it is of")
    cell: tuple[float, ...] = figure("a, b, c, alpha, beta, gamma", unit="Å, degree")
    space_group: str = figure("Hall symbol")
    indexed: int = figure("spots with an index")
    rmsd: tuple[float, ...] = figure(
        "r.m.s. of predicted minus observed x, y and z of the spots fitted; nan of stills", unit="px, px, images"
    )


@dataclass(frozen=True)
class SweepSummary:
    """The spots of one sweep."""

    sweep: int = figure("number of the sweep")
    spots: int = figure("spots")
    indexed: int = figure("spots with an index")
    fraction: float = figure("their share of all")
    unindexed: Mapping[str, int] = figure("spots without an index, by what they may be")
    outliers: int = figure("indexed spots that err too much to be fitted")


@dataclass(frozen=True)
class CandidateSummary:
    """A primitive lattice that was weighed in a search."""

    search: int = figure("number of the search: one for all sweeps together, or one a sweep")
    cell: tuple[float, ...] = figure("reduced a, b, c, alpha, beta, gamma", unit="Å, degree")
    fraction: float = figure("share of the points searched that lie on it, 0 to 1")
    sigma: float = figure("of a point about its node", unit="1/Å")
    gain: float = figure("log likelihood over points spread evenly")
    taken: bool = figure("whether it is the one taken")


@dataclass(frozen=True, kw_only=True)
class IndexSummary(Summary):
    """What index found."""

    max_cell: float = figure("the longest cell edge looked for", unit="Å")
    d_min: float = figure("resolution limit of the transform and of the first refinement", unit="Å")
    n_crystals: int = figure("different crystals")
    one_lattice: bool = figure("whether all sweeps that turn were found as one lattice")
    beam_centre_off: tuple[float, float] = figure(
        "how far the beam centre given was from where the lattices have it, fast and slow", unit="px"
    )
    crystals: tuple[CrystalSummary, ...] = figure("one for each experiment")
    sweeps: tuple[SweepSummary, ...] = figure("one for each sweep")
    candidates: tuple[CandidateSummary, ...] = figure(
        "the lattices that stood out from noise, of each search the best first", default=()
    )


def per_sweep(refined: Refined, task: Task) -> tuple[SweepSummary, ...]:
    """One for each sweep."""
    table, found = refined.table, []
    ice, is_indexed, outlier = on_ice_ring(table["d"]), table.has(Flag.INDEXED), table.has(Flag.CENTROID_OUTLIER)
    for k in range(len(task.sweeps)):
        here = task.by_sweep[k]
        n, done = task.by_sweep.count(k), int(is_indexed[here].sum())
        powder = int((ice[here] & ~is_indexed[here]).sum())
        lost = {"on ice lines": powder, "off the lattice": n - done - powder}
        if k not in refined.indexed.members:
            lost = {"no lattice": n}
        found.append(SweepSummary(k, n, done, done / n if n else 0.0, lost, int(outlier[here].sum())))
    return tuple(found)


def candidates(searches: Sequence[Search], lattices: Sequence[CandidateLattice | None]) -> tuple[CandidateSummary, ...]:
    """One for each different lattice of each search, marked where a sweep has it, or what was refined of it.

    Searches come by one lattice several ways, from other vectors: the best of them counts.
    """
    taken = [lattice.A for lattice in lattices if lattice is not None]
    return tuple(
        CandidateSummary(
            search=number,
            cell=tuple(cell_from_a_matrix(lattice.A).tolist()),
            fraction=lattice.fraction,
            sigma=lattice.sigma,
            gain=lattice.gain,
            taken=any(is_same_lattice(lattice.A, A) for A in taken),
        )
        for number, search in enumerate(searches)
        for i, lattice in enumerate(search.lattices)
        if not any(is_same_lattice(other.A, lattice.A) for other in search.lattices[:i])
    )


def header_error(task: Task, lattices: list[CandidateLattice | None]) -> tuple[float, float]:
    """(2,) px, fast and slow: how far the beam centre given was from where the lattices have it; median over sweeps."""
    found = [
        lattice.shift / sweep.detector.pixel_sizes[0]
        for lattice, sweep in zip(lattices, task.sweeps)
        if lattice is not None
    ]
    fast, slow = np.median(found, axis=0).tolist()
    return fast, slow


def per_crystal(refined: Refined) -> tuple[CrystalSummary, ...]:
    """One for each experiment."""
    sweep_of, each = refined.indexed.sweep_of, refined.table.by_experiment()
    return tuple(
        CrystalSummary(
            experiment=i,
            sweep=sweep_of[i],
            cell=tuple(crystal.cell.tolist()),
            space_group=crystal.hall_symbol.strip(),
            indexed=each.count(i),
            rmsd=tuple(refined.rmsd[i].tolist()),
        )
        for i, crystal in enumerate(e.needed_crystal for e in refined.indexed.experiments)
    )
