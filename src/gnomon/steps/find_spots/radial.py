"""Strong pixels of one image by radial profile: far above the background of their ring of 2θ."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from gnomon.kernels.radial import ring_levels, select_above, smooth
from gnomon.maths.usable_pixels import pixel_resolution
from gnomon.models.experiment import Experiment
from gnomon.steps.find_spots.counts import net_limits, net_pixels
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.strong import StrongPixels

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
