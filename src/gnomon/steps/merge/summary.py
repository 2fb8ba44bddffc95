"""What merging tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.steps.merge.translations import Translation
from gnomon.steps.merge.twinning import TwinningTests
from gnomon.steps.merge.wilson import WilsonPlot
from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class FreeSetFigures:
    """The R-free set."""

    count: int = figure("free reflections")
    label: str = figure("the name under which programs take the flags for what they are")
    value: int = figure("the flag of free reflections")
    notes: tuple[str, ...] = figure("where the flags come from")


@dataclass(frozen=True, kw_only=True)
class MergeSummary(Summary):
    """What was merged, and what the merged data say of the crystal."""

    n_scaled: int = figure("observations that are scaled and no outliers")
    n_outside: int = figure("of these, left out by the limits given")
    n_absent: int = figure("of these, left out as systematically absent")
    n_observations: int = figure("observations merged")
    n_unique: int = figure("unique reflections")
    n_negative: int = figure("unique reflections of negative intensity")
    n_amplitudes: int | None = figure("unique reflections with an amplitude; none where no amplitudes were asked for")
    n_without_amplitude: int = figure("unique reflections rejected for amplitudes")
    d_max: float = figure("low-resolution end", unit="Å")
    d_min: float = figure("high-resolution end", unit="Å")
    space_group: str = figure("symbol of Hermann and Mauguin, of Hall where it is in no table")
    cell: tuple[float, ...] = figure("a, b, c in Å, then angles in degrees", unit="Å, degree")
    wavelength: float = figure("mean wavelength", unit="Å")
    free_set: FreeSetFigures | None = figure("the R-free set; none where none was made")
    wilson: WilsonPlot | None = figure("the Wilson plot; none for too few reflections")
    twinning: TwinningTests | None = figure("tests of twinning; none for too few well-measured reflections")
    tncs: tuple[Translation, ...] = figure("translational NCS, the strongest first")
