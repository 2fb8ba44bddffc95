"""Strong pixels of one image: what its counts are, and the threshold tests, with buffers that each thread keeps."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.io.images.masks import valid_counts
from gnomon.kernels.dispersion import Frame, Window
from gnomon.kernels.dispersion_bounds import low_limits
from gnomon.kernels.radial import ring_levels, select_above, smooth
from gnomon.kernels.threshold import Background, find_strong, scratch_for
from gnomon.maths.images.signed_counts import is_signed
from gnomon.maths.images.usable_pixels import pixel_resolution
from gnomon.maths.numerics.block_scatter import BLOCK, block_scatter
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment
from gnomon.steps.find_spots.params import FindSpotsParams

_INT32 = np.iinfo(np.int32)
LEAST_BLOCKS = 20
LEAST_PEDESTAL = 5.0  # counts: below that it matters little, and low counts tell it badly
SURE = 5.0  # standard deviations
MOST_BLOCKS, MOST_PIXELS = 1000, 250_000
"""Of an image, those that are looked at, evenly spread: the pedestal is known to a count, the signs to .1 %."""
_LOWEST, _MOST_OF_IT = 0.01, 0.5
"""A pedestal lies under all pixels: the lowest hundredth of them counts at least half of it. Cameras of uneven gain,
whose variance is no straight line of the mean, may have shadows that count nothing."""


@dataclass(frozen=True)
class Counts:
    """Whether counts are noise about zero; and the pedestal (counts) that no model tells but the counts show, or 0."""

    signed: bool = False
    hidden_pedestal: float = 0.0


def net_pixels(pixels: np.ndarray, panel: Panel) -> np.ndarray:
    """The counts (ny, nx) int32 above the panel's pedestal, rounded to whole counts."""
    pedestal = round(panel.pedestal)
    if pedestal == 0:
        return np.ascontiguousarray(pixels, np.int32)
    return np.clip(pixels.astype(np.int64) - pedestal, _INT32.min, _INT32.max).astype(np.int32)


def net_limits(panel: Panel) -> tuple[float, float]:
    """The lowest and highest count above the pedestal that is trusted, both included."""
    low, high = valid_counts(panel)
    return low - round(panel.pedestal), high - round(panel.pedestal)


def counts_of(image: Sequence[np.ndarray], use: Sequence[np.ndarray], panels: Sequence[Panel]) -> Counts:
    """What one image's counts are, judged on some of its pixels (a (ny, nx) array a panel) where ``use`` is true."""
    size = sum(pixels.size for pixels in image)
    rows = math.ceil(size / MOST_PIXELS)
    some = [net_pixels(pixels[::rows], panel) for pixels, panel in zip(image, panels)]
    values = np.concatenate([pixels[mask[::rows]] for pixels, mask in zip(some, use)])
    if is_signed(values):
        return Counts(signed=True)
    every = math.ceil(math.sqrt(size / (BLOCK**2 * MOST_BLOCKS)))
    blocks = [_blocks(pixels, mask, panel, every) for pixels, mask, panel in zip(image, use, panels)]
    pedestal = pedestal_shown(*np.concatenate(blocks).T)
    under_all = pedestal > 0 and np.quantile(values, _LOWEST) > _MOST_OF_IT * pedestal
    return Counts(hidden_pedestal=pedestal if under_all else 0.0)


def _blocks(pixels: np.ndarray, mask: np.ndarray, panel: Panel, every: int) -> np.ndarray:
    """(n, 2) median above the pedestal and variance of some blocks."""
    return block_scatter(pixels, mask, valid_counts(panel), every)[:, :2] - (round(panel.pedestal), 0)


def pedestal_shown(mean: np.ndarray, variance: np.ndarray) -> float:
    """The count p of variance = g (mean - p), by least squares over blocks (n,); 0 where it is none to be sure of.

    Photons scatter by their number, a pedestal does not: the line of variance against mean crosses zero there, whatever
    the gain g and the blur of neighbouring pixels.
    """
    if len(mean) < LEAST_BLOCKS or np.ptp(mean) == 0:
        return 0.0
    X, kept = np.column_stack([mean, np.ones(len(mean))]), np.ones(len(mean), bool)
    for _ in range(4):
        fit = np.linalg.lstsq(X[kept], variance[kept], rcond=None)[0]
        off = variance - X @ fit
        kept = np.abs(off) <= 3 * 1.4826 * np.median(np.abs(off)) + 1e-9
    covariance = np.linalg.inv(X[kept].T @ X[kept]) * float((off[kept] ** 2).sum()) / max(kept.sum() - 2, 1)
    slope, start = fit
    if slope <= SURE * np.sqrt(covariance[0, 0]):
        return 0.0
    pedestal = -start / slope
    gradient = np.array([pedestal, 1.0]) / -slope
    error = float(np.sqrt(gradient @ covariance @ gradient))
    return float(pedestal) if pedestal > max(LEAST_PEDESTAL, SURE * error) else 0.0


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


_WEIGHTS = {None: (1.0,), "narrow": (1.0, 2.0, 1.0), "wide": (1.0, 4.0, 6.0, 4.0, 1.0)}
_FLOOR = 2.0
"""Counts that are never strong: where most pixels count nothing, quartiles say nothing."""

_LEAST = -1e5
"""The lowest count of noise about zero that is looked at, trusted or not; marks of no data lie below."""


class RadialThreshold:
    """Finds the strong pixels of images that share a detector and a mask; safe to call from many threads.

    signed: the noise is about zero, and negative counts are part of it.
    """

    def __init__(
        self, experiment: Experiment, masks: Sequence[np.ndarray], params: FindSpotsParams, *, signed: bool = False
    ) -> None:
        self._panels = experiment.detector.panels
        self._masks = [np.ascontiguousarray(mask) for mask in masks]
        self._trusted = [net_limits(panel) for panel in self._panels]
        if signed:
            self._trusted = [(_LEAST, high) for _, high in self._trusted]
        self._weights = np.array(_WEIGHTS[params.blur])
        self._n_iqr = float(params.n_iqr)
        self._ends = np.concatenate([[0], np.cumsum([mask.size for mask in masks])])
        self._ring = rings(experiment, masks, params.n_bins)
        counts = np.bincount(self._ring[self._ring >= 0], minlength=params.n_bins)
        self._starts = np.concatenate([[0], np.cumsum(counts)])
        self._thread = threading.local()

    def __call__(self, image: Sequence[np.ndarray]) -> list[StrongPixels]:
        """Per panel, the strong pixels of one image (panels of (ny, nx) int32)."""
        panels = [net_pixels(pixels, panel) for pixels, panel in zip(image, self._panels)]
        smoothed, values, index, value = self._buffers()
        spans = [slice(a, b) for a, b in zip(self._ends[:-1], self._ends[1:])]
        for pixels, mask, trusted, span in zip(panels, self._masks, self._trusted, spans):
            smooth(pixels, mask, *trusted, self._weights, smoothed[span].reshape(pixels.shape))
        n_rings = len(self._starts) - 1
        levels, filled = np.empty(n_rings), np.empty(n_rings, np.int64)
        ring_levels(smoothed, self._ring, self._starts, self._n_iqr, _FLOOR, values, filled, levels)
        found = []
        for pixels, span in zip(panels, spans):
            n = select_above(pixels.ravel(), smoothed[span], self._ring[span], levels, index, value)
            found.append(StrongPixels(index[:n].copy(), value[:n].copy()))
        return found

    def _buffers(self) -> tuple[np.ndarray, ...]:
        kept = self._thread.__dict__
        if "buffers" not in kept:
            kept["buffers"] = tuple(np.empty(self._ends[-1], t) for t in (np.float32, np.float32, np.int32, np.int32))
        buffers: tuple[np.ndarray, ...] = kept["buffers"]
        return buffers


def rings(experiment: Experiment, masks: Sequence[np.ndarray], n_rings: int) -> np.ndarray:
    """(n,) int16 over the pixels of all panels: which of ``n_rings`` equal steps of 2θ; -1 where masks are false."""
    wavelength = experiment.beam.wavelength
    parts = []
    for i in range(len(masks)):
        parts.append(2 * np.arcsin(np.minimum(wavelength / 2 / pixel_resolution(experiment, i).ravel(), 1)))
    two_theta = np.concatenate(parts)
    low, high = float(two_theta.min()), float(two_theta.max())
    step = (high - low) / n_rings or 1.0
    ring = np.minimum((two_theta - low) / step, n_rings - 1).astype(np.int16)
    return np.where(np.concatenate([mask.ravel() for mask in masks]), ring, np.int16(-1)).astype(np.int16)


def threshold_for(
    experiment: Experiment, use: Sequence[np.ndarray], params: FindSpotsParams, *, signed: bool = False
) -> Threshold | RadialThreshold:
    """What finds the strong pixels of the experiment's images, among the pixels of each panel that are to be used.

    signed: the counts are noise about zero; then, unless a test was asked for, it is that of radial_profile, as the
    others take counts for those of photons.
    """
    if params.algorithm == "radial_profile" or (signed and params.algorithm is None):
        return RadialThreshold(experiment, use, params, signed=signed)
    return Threshold(experiment.detector, use, params)
