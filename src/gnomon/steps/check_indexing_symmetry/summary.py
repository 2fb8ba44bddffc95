"""What check_indexing_symmetry tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class ShiftCorrelation:
    """How intensities of equivalents agree when all indices are shifted."""

    shift: tuple[int, int, int] = figure("what is added to h, k, l")
    n: int = figure("reflections compared")
    cc: float | None = figure("correlation coefficient; none of fewer than three")


@dataclass(frozen=True)
class OperatorCorrelation:
    """How intensities agree with their images under a symmetry operator."""

    operator: str = figure("the operator, as x,y,z")
    n: int = figure("pairs compared; those of the identity are with themselves")
    cc: float | None = figure("correlation coefficient; none of fewer than three")
    kept: bool = figure("whether it exceeds symop_threshold; always where that is 0")


@dataclass(frozen=True, kw_only=True)
class CheckIndexingSymmetrySummary(Summary):
    """Correlations under shifts of indices and operators."""

    space_group: str = figure("the space group whose operators were tried")
    index_min: tuple[int, int, int] = figure("lowest h, k, l")
    index_max: tuple[int, int, int] = figure("highest h, k, l")
    shifts: tuple[ShiftCorrelation, ...] = figure("one for each shift of indices tried; none where no grid is given")
    best_shift: tuple[int, int, int] | None = figure("the shift of the highest correlation", default=None)
    operators: tuple[OperatorCorrelation, ...] = figure("one for each operator")
    derived_group: str | None = figure("the group of the operators above symop_threshold", default=None)
