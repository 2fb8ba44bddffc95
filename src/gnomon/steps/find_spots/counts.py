"""What an image's counts are: the pedestal they lie above, and whether they are noise about zero."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.io.images.masks import valid_counts
from gnomon.maths.block_scatter import BLOCK, block_scatter
from gnomon.maths.signed_counts import is_signed
from gnomon.models.detector import Panel

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
    untold_pedestal: float = 0.0


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
    return Counts(untold_pedestal=pedestal if under_all else 0.0)


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
