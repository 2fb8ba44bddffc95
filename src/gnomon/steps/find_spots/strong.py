"""Strong pixels of one image: the threshold tests with buffers that each thread keeps."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.kernels.dispersion import Frame, Window
from gnomon.kernels.dispersion_bounds import low_limits
from gnomon.kernels.threshold import Background, find_strong, scratch_for
from gnomon.models.detector import Detector, Panel
from gnomon.steps.find_spots.counts import net_limits, net_pixels
from gnomon.steps.find_spots.params import FindSpotsParams

_ENLARGED = 2
"""How much wider than the test's window is the one in which extended dispersion takes the mean."""

_NO_LIMITS = (np.int32(0),) * 3


@dataclass(frozen=True)
class StrongPixels:
    """Strong pixels of one panel in one image: ``index`` into the flat panel, ascending, and ``value`` in counts.

    Values are above the panel's pedestal.
    """

    index: np.ndarray
    value: np.ndarray


class _Panel:
    """What is asked of one panel's images, and what the kernel writes into."""

    def __init__(self, panel: Panel, shape: tuple[int, ...], params: FindSpotsParams) -> None:
        self._trusted = trusted_counts(panel)
        self._tests = window, background = _tests(float(params.gain or panel.gain), params)
        limits = low_limits((2 * window.kx + 1) * (2 * window.ky + 1), window.gain, window.sigma_background)
        low = self._trusted[0] >= 0
        self._limits = tuple(map(np.int32, limits)) if low and limits is not None else _NO_LIMITS
        self._scratch = scratch_for(shape, window, background)
        self._index, self._value = np.empty((2, int(np.prod(shape))), np.int32)

    def strong(self, pixels: np.ndarray, mask: np.ndarray) -> StrongPixels:
        """The strong pixels of one image: found the quick way where counts are low, else the way for any."""
        given = Frame(pixels, mask, *self._trusted), *self._tests
        out = self._scratch, self._index, self._value
        n = find_strong(*given, self._limits, *out)
        if n < 0:
            self._limits = _NO_LIMITS  # images of a sweep are alike: do not try again
            n = find_strong(*given, self._limits, *out)
        return StrongPixels(self._index[:n].copy(), self._value[:n].copy())


class Threshold:
    """Finds the strong pixels of images that share a detector and a mask; safe to call from many threads."""

    def __init__(self, detector: Detector, masks: Sequence[np.ndarray], params: FindSpotsParams) -> None:
        self._detector = detector
        self._masks = [np.ascontiguousarray(mask) for mask in masks]
        self._params = params
        self._thread = threading.local()

    def __call__(self, image: Sequence[np.ndarray]) -> list[StrongPixels]:
        """Per panel, the strong pixels of one image (panels of (ny, nx) int32)."""
        panels = self._detector.panels
        return [self._panel(i).strong(net_pixels(p, panels[i]), self._masks[i]) for i, p in enumerate(image)]

    def _panel(self, i: int) -> _Panel:
        kept = self._thread.__dict__.setdefault("panels", {})
        if i not in kept:
            kept[i] = _Panel(self._detector.panels[i], self._masks[i].shape, self._params)
        return kept[i]


def trusted_counts(panel: Panel) -> tuple[np.int32, np.int32]:
    """The lowest and the highest count above the pedestal to be trusted."""
    limits = np.iinfo(np.int32)
    lowest, highest = net_limits(panel)
    low, high = np.clip((np.ceil(lowest), np.floor(highest)), limits.min, limits.max)
    return np.int32(low), np.int32(high)


def _tests(gain: float, p: FindSpotsParams) -> tuple[Window, Background]:
    """What is tested about each pixel, and how a core must exceed its background; in dispersion all are cores."""
    kx, ky = p.kernel_size
    extended = p.algorithm != "dispersion"
    reach = (kx - 1, ky - 1) if extended else (0, 0)
    wider = _ENLARGED if extended else 0
    window = Window(kx, ky, *reach, p.min_local, gain, p.sigma_background)
    return window, Background(kx + wider, ky + wider, not extended, gain, p.sigma_strong, p.global_threshold)
