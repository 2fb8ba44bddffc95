"""What the spots of each image say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class ImageCounts:
    """The spots of one image."""

    n_spots: int = figure("spots")
    n_spots_no_ice: int = figure("spots outside the rings of ice")
    total_intensity: float = figure("counts of these in all", unit="count")
    d_min: float | None = figure("how far they reach; none where too few tell", unit="Å")
    ice: bool = figure("whether spots crowd on the rings of ice")


@dataclass(frozen=True)
class SweepCounts:
    """The spots of the images of one sweep, one value an image."""

    experiment: int = figure("number of the first experiment on these images")
    image: tuple[int, ...] = figure("numbers of the images")
    n_spots: tuple[int, ...] = figure("spots")
    n_spots_no_ice: tuple[int, ...] = figure("spots outside the rings of ice")
    total_intensity: tuple[float, ...] = figure("counts of these in all", unit="count")
    d_min: tuple[float | None, ...] = figure("how far they reach; none where too few tell", unit="Å")
    ice: tuple[bool, ...] = figure("whether spots crowd on the rings of ice")

    @classmethod
    def of(cls, experiment: int, image: Sequence[int], counts: Sequence[ImageCounts]) -> SweepCounts:
        """Of images by their numbers, and what each has."""
        names = ("n_spots", "n_spots_no_ice", "total_intensity", "d_min", "ice")
        return cls(experiment, tuple(image), *(tuple(getattr(one, name) for one in counts) for name in names))


@dataclass(frozen=True, kw_only=True)
class SpotCountsPerImageSummary(Summary):
    """The spots of all images."""

    sweeps: tuple[SweepCounts, ...] = figure("one for each set of images")
