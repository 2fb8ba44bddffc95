"""Tests for strong pixels that other packages bring: called with an image, or with as many as they like at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

import numpy as np

from gnomon.errors import InputError
from gnomon.models.experiment import Experiment
from gnomon.plugins import plugins
from gnomon.steps.find_spots.params import OWN_ALGORITHMS, FindSpotsParams
from gnomon.steps.find_spots.threshold import RadialThreshold, StrongPixels, Threshold, net_pixels, threshold_for

T = TypeVar("T")
Image = Sequence[np.ndarray]


class SpotFinder(Protocol):
    """What a package names in its entry points of the group ``gnomon.spot_finders``.

    It is chosen by the entry point's name: ``threshold.algorithm=<name>``. gnomon's own tests keep their names. Where
    it has an attribute ``batch``, it is called with up to so many images at a time (the last call has fewer), else with
    one. Called from several threads at once; its answer for an image must depend on no other image.
    """

    def __call__(self, images: np.ndarray, use: np.ndarray, experiment: Experiment, panel: int) -> np.ndarray:
        """(n, slow, fast) bool: the strong pixels of one panel.

        images: (n, slow, fast) int32, counts above the panel's pedestal. use: (slow, fast) bool, the pixels that may be
        looked at; what is strong elsewhere is left out.
        """


def finder_for(
    experiment: Experiment, use: Sequence[np.ndarray], params: FindSpotsParams, *, signed: bool = False
) -> Threshold | RadialThreshold | GivenFinder:
    """What finds the strong pixels of the experiment's images: gnomon's own test, or that of another package.

    Raises InputError where another package's cannot be loaded.
    """
    if is_given(params):
        return GivenFinder(str(params.algorithm), experiment, use)
    return threshold_for(experiment, use, params, signed=signed)


def is_given(params: FindSpotsParams) -> bool:
    """Whether the test for strong pixels is that of another package."""
    return params.algorithm is not None and params.algorithm not in OWN_ALGORITHMS


class GivenFinder:
    """The strong pixels of images that share a detector and a mask, as another package finds them."""

    def __init__(self, name: str, experiment: Experiment, use: Sequence[np.ndarray]) -> None:
        self._name, self._experiment, self._use = name, experiment, [np.asarray(mask, bool) for mask in use]
        self._finder: SpotFinder = plugins("gnomon.spot_finders")[name]
        self.batch = int(getattr(self._finder, "batch", 1))

    def __call__(self, image: Image) -> list[StrongPixels]:
        """Per panel, the strong pixels of one image (panels of (ny, nx) int32)."""
        return self.several([image])[0]

    def several(self, images: Sequence[Image]) -> list[list[StrongPixels]]:
        """The same of each of several images. Raises InputError where the package answers with something else."""
        found: list[list[StrongPixels]] = [[] for _ in images]
        for i, use in enumerate(self._use):
            panel = self._experiment.detector.panels[i]
            pixels = np.stack([net_pixels(image[i], panel) for image in images])
            strong = np.asarray(self._finder(pixels, use, self._experiment, i))
            if strong.shape != pixels.shape or strong.dtype != bool:
                raise InputError(
                    f"the spot finder {self._name} gave {strong.dtype} of shape {strong.shape} for images of shape "
                    f"{pixels.shape}; bool of that shape is needed: mend that package, or choose another algorithm"
                )
            for one, counts, mask in zip(found, pixels, strong):
                index = np.flatnonzero(mask & use).astype(np.int32)
                one.append(StrongPixels(index, counts.ravel()[index]))
        return found


def in_groups(items: Iterable[T], most: int) -> Iterator[list[T]]:
    """The items in their order, up to ``most`` at a time."""
    group: list[T] = []
    for item in items:
        group.append(item)
        if len(group) == most:
            yield group
            group = []
    if group:
        yield group
