"""Strong pixels of one image: the threshold tests with buffers that each thread keeps."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.io.images.masks import valid_counts
from gnomon.kernels.dispersion import TOGETHER, find_dispersed
from gnomon.kernels.dispersion_low import find_dispersed_low, low_limits
from gnomon.kernels.threshold import find_strong
from gnomon.models.detector import Detector, Panel
from gnomon.steps.find_spots.params import FindSpotsParams

_ENLARGED = 2
"""How much wider than the test's window is the one in which extended dispersion takes the mean."""


@dataclass(frozen=True)
class StrongPixels:
    """Strong pixels of one panel in one image: ``index`` into the flat panel, ascending, and ``value`` in counts."""

    index: np.ndarray
    value: np.ndarray


class _Scratch:
    """What the kernels write into, for one size of panel: beside lists of pixels, some rows."""

    def __init__(self, ny: int, nx: int, kx: int, ky: int) -> None:
        self.dispersed, self.index, self.value = np.empty((3, ny * nx), np.int32)
        self.state = np.zeros(ny * nx, np.uint8)
        self.number, self.total = np.empty((2, nx + 1), np.int64)
        flags = np.zeros(-(-nx // TOGETHER) * TOGETHER, np.uint8)
        self.flags = flags, flags.view(np.uint64)
        self.counts_are_low = True
        depth, wide = 2 * ky + 1, nx + 2 * kx
        self.low = (
            np.empty((depth, nx), np.uint8), np.empty(wide, np.uint32), np.empty(wide, np.int16),
            np.empty(nx, np.uint32),
        )  # fmt: skip
        self.any = (
            np.empty((depth, nx), np.int32), np.empty((depth, nx), np.uint8), np.empty((2, wide), np.int16),
            np.empty((2, wide), np.int32), np.empty((2, wide)),
        )  # fmt: skip


class Threshold:
    """Finds the strong pixels of images that share a detector and a mask; safe to call from many threads."""

    def __init__(self, detector: Detector, masks: Sequence[np.ndarray], params: FindSpotsParams) -> None:
        self._detector = detector
        self._masks = [np.ascontiguousarray(mask) for mask in masks]
        self._params = params
        self._thread = threading.local()

    def __call__(self, image: Sequence[np.ndarray]) -> list[StrongPixels]:
        """Per panel, the strong pixels of one image (panels of (ny, nx) int32)."""
        return [self._panel(i, np.ascontiguousarray(pixels, np.int32)) for i, pixels in enumerate(image)]

    def _scratch(self, shape: tuple[int, ...]) -> _Scratch:
        kept = self._thread.__dict__.setdefault("scratch", {})
        if shape not in kept:
            kept[shape] = _Scratch(*shape, *self._params.kernel_size)
        return kept[shape]

    def _panel(self, i: int, pixels: np.ndarray) -> StrongPixels:
        p, panel, s = self._params, self._detector.panels[i], self._scratch(pixels.shape)
        gain = float(p.gain or panel.gain)
        given = pixels, self._masks[i], *_trusted(panel), *p.kernel_size
        n = _find_dispersed((*given, p.min_local, gain, p.sigma_background), s)
        enlarged = _ENLARGED if p.algorithm == "dispersion_extended" else 0
        n = find_strong(
            *given, gain, p.sigma_strong, p.global_threshold, enlarged,
            s.dispersed, n, s.state, s.number, s.total, s.index, s.value,
        )  # fmt: skip
        return StrongPixels(s.index[:n].copy(), s.value[:n].copy())


def _trusted(panel: Panel) -> tuple[np.int32, np.int32]:
    """The lowest and the highest count to be trusted."""
    limits = np.iinfo(np.int32)
    lowest, highest = valid_counts(panel)
    low, high = np.clip((np.ceil(lowest), np.floor(highest)), limits.min, limits.max)
    return np.int32(low), np.int32(high)


def _find_dispersed(given: tuple, s: _Scratch) -> int:
    """The number of dispersed pixels, listed in ``s``: the quick way where counts are low, else the way for any."""
    low, kx, ky, gain, sigma_background = (given[i] for i in (2, 4, 5, 7, 8))
    limits = low_limits((2 * kx + 1) * (2 * ky + 1), gain, sigma_background)
    if s.counts_are_low and low >= 0 and limits is not None:
        n = find_dispersed_low(*given, *map(np.int32, limits), *s.low, *s.flags, s.dispersed)
        if n >= 0:
            return n
        s.counts_are_low = False  # images of a sweep are alike: do not try again
    return find_dispersed(*given, *s.any, *s.flags, s.dispersed)
