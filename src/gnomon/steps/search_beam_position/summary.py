"""What search_beam_position tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure

Pair = tuple[float, float]


@dataclass(frozen=True)
class BeamPosition:
    """Where one detector's beam centre was, and where it is."""

    experiments: tuple[int, ...] = figure("the experiments that have the detector")
    panel: int = figure("the panel whose plane the beam meets")
    old_mm: Pair = figure("beam centre before, fast and slow", unit="mm")
    old_px: Pair = figure("beam centre before, fast and slow", unit="px")
    new_mm: Pair = figure("beam centre found, fast and slow", unit="mm")
    new_px: Pair = figure("beam centre found, fast and slow", unit="px")
    spots: int = figure("spots used; none by methods of the mean image", default=0)
    score_before: float | None = figure(
        "mean cosine of the phases of spots on lattice vectors at the old centre", default=None
    )
    score: float | None = figure("the same at the centre found; 1 were all spots on lattices", default=None)


@dataclass(frozen=True, kw_only=True)
class SearchBeamPositionSummary(Summary):
    """Beam centres as they were and as they were found."""

    method: str = figure("how they were found")
    detectors: tuple[BeamPosition, ...] = figure("one for each detector")
