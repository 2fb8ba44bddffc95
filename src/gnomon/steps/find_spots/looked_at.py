"""Spots of images that were looked at before, one by one as they came: their pixels are not read again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.models.experiment import Experiment
from gnomon.models.reflections import Reflections
from gnomon.steps.find_spots.bad_images import Flood, Whole, stretches_that_count, too_many_strong, with_stretches
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.step import Looks, Searched, search
from gnomon.steps.find_spots.threshold import StrongPixels


@dataclass(frozen=True, eq=False)
class LookedAt:
    """The strong pixels of one image, per panel, and what it is as a whole."""

    strong: list[StrongPixels]
    whole: Whole


class _Known(Looks):
    """The images of a sweep, all of which were looked at."""

    def __init__(self, experiment: Experiment, seen: Mapping[int, LookedAt], params: FindSpotsParams) -> None:
        first, last = experiment.image_range
        flood = Flood(last - first + 1, params.max_strong_pixel_fraction)
        super().__init__(experiment, 0, params, flood)
        self._seen = seen

    def looked_at(self, workers: Workers) -> Iterator[tuple[list[StrongPixels], Whole]]:
        """What is known of each image in turn."""
        for image in self.images:
            yield self._seen[image].strong, self._seen[image].whole


def spots_of_seen(
    experiment: Experiment, seen: Mapping[int, LookedAt], params: FindSpotsParams, workers: Workers
) -> tuple[Reflections, Searched]:
    """The spots that find_spots has of the sweep, under its identifier, and what was counted on the way.

    seen: each image of the scan by its number. Raises InputError where too many pixels are strong on most images.
    """
    looks = _Known(experiment, seen, params)
    found = search(looks, workers, lambda _: None)
    if found is None:
        why = too_many_strong(looks.flood.largest, experiment.detector, params, looks.kind.signed)
        raise InputError(f"{looks.flood.where} {why}")
    spots = found.spots
    if found.summary.blank or found.summary.bad:
        spots = with_stretches(spots, stretches_that_count(experiment, found.summary))
    return spots.with_identifiers({0: experiment.identifier}), found
