"""What estimate_gain tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class EstimatedGain:
    """The gain of the images of one sweep."""

    experiment: int = figure("the first experiment with these images")
    images: tuple[int, ...] = figure("images looked at")
    gain: float = figure("variance over mean of background counts", unit="count")
    spread: float = figure("half the range that holds the middle half of the windows like it", unit="count")
    believed: float = figure("the gain that the experiment has", unit="count")
    windows: int = figure("windows looked at, overlapping")
    quartiles: tuple[float, float, float] = figure("of variance over mean in all windows, spots included", unit="count")


@dataclass(frozen=True, kw_only=True)
class EstimateGainSummary(Summary):
    """Gains as estimated."""

    sweeps: tuple[EstimatedGain, ...] = figure("one for each set of images")
