"""What reindex tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class ReferenceTrial:
    """A change of basis that gives the cell of the reference."""

    change_of_basis: str = figure("the new axes in the old ones")
    misfit: float = figure("worst difference of lengths and angles, in tolerances")
    cc: float = figure("correlation of intensities with the reference; nan where it is not known")


@dataclass(frozen=True, kw_only=True)
class ReindexSummary(Summary):
    """The change of basis, and what it made."""

    change_of_basis: str = figure("the new axes in the old ones")
    hkl_offset: tuple[int, ...] | None = figure("what was added to the indices before; none where nothing was")
    space_group: str | None = figure("Hall symbols of the crystals now; none without crystals")
    cells: tuple[tuple[float, ...], ...] = figure("a, b, c, alpha, beta, gamma of each crystal", unit="Å, degree")
    reindexed: int = figure("reflections reindexed")
    dropped: int = figure("reflections without a whole index in the new basis, which were dropped")
    choice: tuple[ReferenceTrial, ...] = figure("changes tried with a reference, the best first")
