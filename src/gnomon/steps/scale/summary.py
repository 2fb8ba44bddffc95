"""What scaling found, as types: the step returns it, reports print it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gnomon.maths.intensities.anomalous_signal import AnomalousSignal
from gnomon.maths.intensities.statistics import MergingFigures
from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class ErrorModelFigures:
    """The error model in the terms of others: variance = a^2 (sigma^2 + (b I)^2)."""

    a: float = figure("factor on sigmas")
    b: float = figure("error in proportion to the intensity")
    isa: float = figure("I/sigma that the strongest reflections reach, 1 / (a b)")


@dataclass(frozen=True)
class TriedIntensities:
    """A blend of profile-fitted and summed intensities that was tried."""

    i_mid: float = figure("intensity at which both weigh alike; 0: all profile-fitted, 1: all summed")
    r_meas: float = figure("its Rmeas")


@dataclass(frozen=True)
class DataSetFigures:
    """How good one data set is, and what it does to the others."""

    name: str = figure("its name")
    n_observations: int = figure("observations that are no outliers")
    completeness: float = figure("its unique reflections over possible ones, 0 to 1")
    r_merge: float = figure("Rmerge against the means of all data sets")
    i_over_sigma: float = figure("mean I/sigma of observations")
    cc_half: float = figure("CC1/2 (sigma-tau) among its own equivalents")
    cc_others: float = figure("correlation of its merged intensities with those of all others")
    delta_cc_half: float = figure("CC1/2 of all less CC1/2 without it: negative where it spoils the rest")
    delta_cc_half_z: float = figure("how far that lies above the median data set", unit="sigma")
    n_outliers: int = figure("outliers")
    scale: float = figure("mean inverse scale")
    b: float = figure("mean relative B factor", unit="Å²")


@dataclass(frozen=True)
class ModelAlong:
    """The scaling model along one data set; sequences of equal length."""

    name: str = figure("its name")
    image: tuple[float, ...] = figure("where along the scan", unit="images")
    scale: tuple[float, ...] = figure("inverse scale there")
    b: tuple[float, ...] = figure("relative B factor there", unit="Å²")


@dataclass(frozen=True)
class AlongImages:
    """How good one data set is image by image, or group of images by group; sequences of equal length."""

    name: str = figure("its name")
    image: tuple[float, ...] = figure("the middle of each group", unit="images")
    n: tuple[int, ...] = figure("observations that are no outliers")
    i_over_sigma: tuple[float, ...] = figure("mean I/sigma of observations")
    r_merge: tuple[float, ...] = figure("Rmerge against the means of all data")


@dataclass(frozen=True)
class NormalProbability:
    """Deviates from equivalents over their sigmas, rising, thinned to 500 at most; sequences of equal length."""

    expected: tuple[float, ...] = figure("what a normal distribution has", unit="sigma")
    observed: tuple[float, ...] = figure("what was found", unit="sigma")


@dataclass(frozen=True)
class SpreadAtIntensity:
    """The spread of equivalents in a range of intensity: 1 where sigmas are right."""

    intensity: float = figure("mean intensity of the range")
    before: float = figure("spread by the sigmas as integrated", unit="sigma")
    after: float = figure("spread by the error model", unit="sigma")


@dataclass(frozen=True)
class LeftOut:
    """A data set, or group of images, that filtering left out."""

    name: str = figure("its name")
    delta_cc_half: float = figure("CC1/2 of all less CC1/2 without it")
    z: float = figure("how far that lies above the median", unit="sigma")
    cycle: int = figure("the cycle in which it went")
    reason: str = figure("why")


@dataclass(frozen=True)
class FilteringFigures:
    """How filtering went."""

    cycles: int = figure("cycles in which something was left out")
    cc_half: tuple[float, ...] = figure("CC1/2 (sigma-tau) at the start and after each cycle")
    percent_removed: float = figure("observations left out", unit="%")
    ended: str = figure("why it ended")


@dataclass(frozen=True, kw_only=True)
class ScaleSummary(Summary):
    """What scaling made of all data sets."""

    space_group: str = figure("symbol of Hermann and Mauguin")
    cell: tuple[float, ...] = figure("median cell: a, b, c in Å, then angles in degrees", unit="Å, degree")
    n_observations: int = figure("observations scaled, outliers among them")
    n_outliers: int = figure("outliers among them")
    n_light: int = figure("observations that weigh too little beside their equivalents to be merged")
    n_unsuitable: int = figure("reflections left out: not integrated or unusable")
    n_by_user: int = figure("reflections left out by the limits given")
    models: tuple[str, ...] = figure("the scaling model of each data set")
    n_parameters: int = figure("parameters of all models")
    n_comparisons: int = figure("independent comparisons that equivalents allow")
    scale_range: tuple[float, float] = figure("least and largest inverse scale")
    i_mid: float = figure("intensity at which fits and sums weigh alike; 0: all profile-fitted, 1: all summed")
    intensities_tried: tuple[TriedIntensities, ...] = figure("the blends tried; none where there is no choice")
    excess_of_partials: float = figure("e, where I / partiality was too high by 1 + e (1 - partiality); divided out")
    error_model: ErrorModelFigures = figure("the error model in the terms of others")
    variance_terms: Mapping[str, float] = figure("the factor of each source of variance")
    shells: tuple[MergingFigures, ...] = figure("merging statistics by resolution, low first")
    overall: MergingFigures = figure("merging statistics of all the data")
    anomalous_signal: AnomalousSignal = figure("differences of I(+) and I(-)")
    suggested_d_min: float | None = figure("where CC1/2 falls to 0.3; none where it does not", unit="Å")
    names: tuple[str, ...] = figure("the data sets scaled")
    data_sets: tuple[DataSetFigures, ...] = figure("one for each of them")
    models_along: tuple[ModelAlong, ...] = figure("one for each of them")
    by_image: tuple[AlongImages, ...] = figure("one for each of them")
    normal_probability: NormalProbability = figure("whether deviates are normal")
    error_by_intensity: tuple[SpreadAtIntensity, ...] = figure("in ranges of intensity, weak first")
    error_models: tuple[ErrorModelFigures, ...] = figure("of each group of sweeps that has its own", default=())
    filtered: tuple[LeftOut, ...] = figure("what filtering left out", default=())
    filtering: FilteringFigures | None = figure("how filtering went; none where it was not asked for", default=None)


@dataclass(frozen=True)
class BinOfIntensity:
    """Deviations among equivalents of a range of mean intensities; 1 where sigmas are right."""

    high: float = figure("highest mean intensity")
    low: float = figure("lowest mean intensity")
    n: int = figure("observations")
    before: float = figure("mean squared deviation by integrated sigmas")
    after: float = figure("mean squared deviation with the model")


@dataclass(frozen=True, kw_only=True)
class RefineErrorModelSummary(Summary):
    """The basic error model fitted anew: variance = a^2 (sigma^2 + (b I)^2)."""

    a: float = figure("factor on integrated sigmas")
    b: float = figure("error in proportion to the intensity")
    isa: float = figure("I/sigma that no reflection exceeds, 1 / (a b)")
    n: int = figure("observations with equivalents")
    bins: tuple[BinOfIntensity, ...] = figure("by intensity, the strongest first")
