"""Strong pixels of one image: the threshold tests with buffers that each thread keeps."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.io.images.masks import valid_counts
from gnomon.kernels.threshold import BLOCK, find_strong
from gnomon.models.detector import Detector
from gnomon.steps.find_spots.params import FindSpotsParams

_ENLARGED = 2
"""How much wider than the test's window is the one in which extended dispersion takes the mean."""


@dataclass(frozen=True)
class StrongPixels:
    """Strong pixels of one panel in one image: ``index`` into the flat panel, ascending, and ``value`` in counts."""

    index: np.ndarray
    value: np.ndarray


class _Buffers:
    """Scratch space for one panel size."""

    def __init__(self, ny: int, nx: int, kx: int, ky: int) -> None:
        wide = nx + 2 * (kx + _ENLARGED) + BLOCK
        self.state = np.empty((ny, nx), np.uint8)
        self.marked = np.empty(ny, np.int64)
        self.ring = np.empty((2 * ky + 1, nx), np.int32)
        self.rows = np.empty((2 * ky, nx), np.uint8)
        self.number = np.empty((2, wide), np.int16)
        self.sums = np.empty((2, nx + 2 * kx), np.int32)
        self.squares = np.empty((2, nx + 2 * kx))
        self.totals = np.empty((2, wide), np.int64)
        self.index = np.empty(ny * nx, np.int32)
        self.value = np.empty(ny * nx, np.int32)


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

    def _buffers(self, shape: tuple[int, ...]) -> _Buffers:
        kept = self._thread.__dict__.setdefault("buffers", {})
        if shape not in kept:
            kept[shape] = _Buffers(*shape, *self._params.kernel_size)
        return kept[shape]

    def _panel(self, i: int, pixels: np.ndarray) -> StrongPixels:
        p, panel, b = self._params, self._detector.panels[i], self._buffers(pixels.shape)
        kx, ky = p.kernel_size
        gain = float(p.gain or panel.gain)
        limits = np.iinfo(np.int32)
        lowest, highest = valid_counts(panel)
        low = np.int32(np.clip(np.ceil(lowest), limits.min, limits.max))
        high = np.int32(np.clip(np.floor(highest), limits.min, limits.max))
        n = find_strong(
            pixels, self._masks[i], low, high, kx, ky, p.min_local, gain, p.sigma_background, p.sigma_strong,
            p.global_threshold, _ENLARGED if p.algorithm == "dispersion_extended" else 0,
            b.state, b.marked, b.ring, b.rows, b.number, b.sums, b.squares, b.totals, b.index, b.value,
        )  # fmt: skip
        return StrongPixels(b.index[:n].copy(), b.value[:n].copy())
