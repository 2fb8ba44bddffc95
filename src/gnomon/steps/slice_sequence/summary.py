"""What slice_sequence cut."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class Slice:
    """Some images of one experiment."""

    experiment: int = figure("number of the experiment that it is of")
    image_range: tuple[int, int] = figure("first and last image")
    n_reflections: int | None = figure("reflections centred on them; none where no table was given", default=None)
    n_crossing: int = figure("of these, those whose box reached beyond the images and was cut", default=0)


@dataclass(frozen=True, kw_only=True)
class SliceSequenceSummary(Summary):
    """All slices."""

    slices: tuple[Slice, ...] = figure("one for each slice")
    without_scaling: int = figure("scaling models left out, which cannot be cut")
