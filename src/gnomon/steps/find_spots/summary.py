"""What find_spots tells of its work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class BlankStretch:
    """Images in a row that hold no diffraction: they do not count from refinement on."""

    first: int = figure("the first image")
    last: int = figure("the last image")
    spots: float = figure("spots an image, on average")
    background: float = figure("their background over that of the other images")


@dataclass(frozen=True)
class BadImages:
    """Single images that have one fault."""

    images: tuple[int, ...] = figure("their numbers")
    why: str = figure("the fault, in words")
    left_in: bool = figure("whether they count all the same, being too many for an accident", default=False)


@dataclass(frozen=True)
class SweepSummary:
    """What was found on the images of one sweep."""

    experiment: int = figure("number of the first experiment on these images")
    images: tuple[int, ...] = figure("numbers of the images searched")
    strong_pixels: tuple[int, ...] = figure("of each of them, the strong pixels")
    spots: tuple[int, ...] = figure("of each of them, the spots centred on it")
    background: tuple[float, ...] = figure("of each of them, the mean of pixels that are not strong", unit="counts/px")
    blank: tuple[BlankStretch, ...] = figure("stretches without diffraction")
    bad: tuple[BadImages, ...] = figure("faults of single images")
    removed: Mapping[str, int] = figure("groups of touching strong pixels that are no spots, by the filter they fail")
    algorithm: str = figure("the test for strong pixels")


@dataclass(frozen=True, kw_only=True)
class FindSpotsSummary(Summary):
    """What was found on all images."""

    n_spots: int = figure("strong spots")
    algorithm: str = figure("the tests for strong pixels, each once")
    sweeps: tuple[SweepSummary, ...] = figure("one for each set of images")
