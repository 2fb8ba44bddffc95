"""The summary of integrate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class ResolutionShell:
    """One of shells with equal numbers of reflections."""

    d_max: float = figure("its low-resolution end", unit="Å")
    d_min: float = figure("its high-resolution end", unit="Å")
    summed: int = figure("reflections with a summed intensity")
    fitted: int = figure("reflections with a profile-fitted intensity")
    i_over_sigma_summed: float = figure("mean I/sigma of sums")
    i_over_sigma_fitted: float = figure("mean I/sigma of fits")
    correlation: float = figure("mean correlation of fitted shoeboxes with their profile")
    background: float = figure("mean background", unit="counts/px")


@dataclass(frozen=True)
class ComparedShell:
    """Reflections of a range of resolution, strength or zeta, and a ratio with its standard deviation."""

    low: float = figure("one end of the range; of resolution the larger d")
    high: float = figure("the other end")
    count: int = figure("reflections in it")
    ratio: float = figure("fitted over summed intensity, or the share of counts within the foreground")
    sigma: float = figure("standard deviation of the ratio")


@dataclass(frozen=True)
class Residual:
    """Observed minus predicted position of strong spots."""

    median: float = figure("median", unit="px or images")
    spread: float = figure("robust standard deviation", unit="px or images")


@dataclass(frozen=True)
class ImageFigures:
    """The reflections centred on some images in a row."""

    first: int = figure("the first image")
    last: int = figure("the last image")
    full: int = figure("integrated reflections that are recorded whole")
    partial: int = figure("integrated reflections that the scan records a part of")
    overloaded: int = figure("reflections with overloaded pixels")
    summed: int = figure("reflections with a summed intensity")
    fitted: int = figure("reflections with a profile-fitted intensity")
    background: float = figure("mean background; nan where nothing is integrated", unit="counts/px")
    i_over_sigma_summed: float = figure("mean I/sigma of sums; nan of none")
    i_over_sigma_fitted: float = figure("mean I/sigma of fits; nan of none")
    correlation: float = figure("mean correlation of fitted shoeboxes with their profile; nan of none")
    rmsd: float = figure("r.m.s. distance of strong spots from where they are predicted; nan of none", unit="px")


@dataclass(frozen=True)
class ExperimentSummary:
    """What integration made of one experiment."""

    sigma_b: float = figure("width of spots across the rotation, one standard deviation", unit="degree")
    sigma_m: float = figure("width of spots along the rotation, one standard deviation", unit="degree")
    causes: Mapping[str, float] = figure(
        "what widens spots: point_spread and crystal in mm, divergence, tangential and mosaicity in degrees, "
        "dispersion without a unit, domain in 1/Å; 0 where the spots do not tell it"
    )
    spots: int = figure("strong spots that widths were measured on")
    predicted: int = figure("reflections predicted")
    summed: int = figure("reflections with a summed intensity")
    fitted: int = figure("reflections with a profile-fitted intensity")
    references: int = figure("reflections that profiles were learned from")
    partial: int = figure("measured reflections that the scan records a part of")
    overloaded: int = figure("reflections with overloaded pixels")
    overlapped: int = figure("reflections that share foreground with a neighbour")
    on_rings: int = figure(
        "reflections that a powder ring crosses: summed over what is beside them on it, and not fitted"
    )
    bad_pixels: int = figure("reflections with masked pixels in their foreground")
    not_integrated: int = figure("reflections without an intensity")
    unmeasured: Mapping[str, int] = figure("of these, how many for each reason")
    residuals: tuple[Residual, Residual, Residual] = figure("of x and y in px, and z in images")
    shells: tuple[ResolutionShell, ...] = figure("by resolution, low first")
    fit_over_sum: Mapping[str, tuple[ComparedShell, ...]] = figure(
        "fits against sums in ranges of d (Å), strength (I/sigma) and zeta"
    )
    recorded: tuple[ComparedShell, ...] = figure(
        "what the foreground holds of one 1.25 times as large, in ranges of d (Å)"
    )
    images: tuple[ImageFigures, ...] = figure("by image, or by some images in a row where there are many", default=())


@dataclass(frozen=True, kw_only=True)
class IntegrateSummary(Summary):
    """What integration made of all experiments."""

    experiments: tuple[ExperimentSummary, ...] = figure("one for each experiment")


@dataclass(frozen=True)
class MeasuredWidths:
    """How wide the spots of one experiment are."""

    experiment: int = figure("number of the experiment")
    spots: int = figure("spots that tell")
    sigma_b: float = figure("across", unit="degree")
    sigma_m: float = figure("in rotation", unit="degree")


@dataclass(frozen=True, kw_only=True)
class CreateProfileModelSummary(Summary):
    """How wide spots are."""

    widths: tuple[MeasuredWidths, ...] = figure("of each experiment")
