"""What damage_analysis tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True, kw_only=True)
class Advice:
    """How fast intensities change, and how much is worth keeping."""

    k: float = figure("intensities change by so much of themselves per unit of dose; nan where it is not known")
    k_squared: float = figure("its square, which may be below zero by chance")
    k_squared_error: float = figure("standard error of that")
    keep: float = figure("dose up to which data are worth keeping")
    reason: str = figure("why")


@dataclass(frozen=True, kw_only=True)
class CrystalSummary:
    """A crystal by itself."""

    name: str = figure("data set, or all sweeps of one crystal")
    k: float = figure("intensities change by so much of themselves per unit of dose; nan where it is not known")
    significance: float = figure("k squared over its standard error; nan where it is not known")
    n_pairs: int = figure("pairs of equivalents")
    rcp: float = figure("R of pairs up to the last dose; nan where there are none")
    rd: tuple[float, ...] = figure("R of pairs by the difference of their doses, as for all crystals")


@dataclass(frozen=True, kw_only=True)
class DamageAnalysisSummary(Advice, Summary):
    """What dose does to the data: curves by dose, and what to keep."""

    names: tuple[str, ...] = figure("the crystals")
    dose: tuple[float, ...] = figure("the upper end of each range of doses, in the unit of dose_per_image")
    completeness: tuple[float, ...] = figure("of the data up to each dose, from 0 to 1")
    multiplicity: tuple[float, ...] = figure("of the data up to each dose")
    rcp: tuple[float, ...] = figure("R of pairs of equivalents up to each dose (Winter et al. 2019)")
    scp: tuple[float, ...] = figure("differences of pairs whose later dose is this one, over those that noise makes")
    difference: tuple[float, ...] = figure("the lower end of each range of differences of dose")
    rd: tuple[float, ...] = figure("R of pairs by the difference of their doses (Diederichs 2006)")
    i_over_sigma: float = figure("mean I/sigma of an observation")
    crystals: tuple[CrystalSummary, ...] = figure("each crystal by itself")
