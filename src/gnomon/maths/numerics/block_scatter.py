"""How counts scatter about their mean, block by block of an image, and what readout has in it."""

from __future__ import annotations

import numpy as np

BLOCK = 32  # px
NEAR = 4.0
"""Standard deviations within which a pixel is background and not of a spot."""


def block_scatter(pixels: np.ndarray, mask: np.ndarray, trusted: tuple[float, float], every: int = 1) -> np.ndarray:
    """(n, 3) median, variance and mean of the blocks of 32 x 32 pixels (ny, nx), of ``every`` so many each way, all of
    whose pixels are in the ``mask`` and within the ``trusted`` counts, both included.

    The variance is that of differences between neighbours, spots cut off, halved: a slope of the background does not
    enter. The mean is of pixels within ``NEAR`` standard deviations of the median.
    """
    ny, nx = (size // BLOCK * BLOCK for size in pixels.shape)

    def cut(a: np.ndarray) -> np.ndarray:
        blocks = a[:ny, :nx].reshape(ny // BLOCK, BLOCK, nx // BLOCK, BLOCK)[::every, :, ::every]
        return blocks.swapaxes(1, 2).reshape(-1, BLOCK, BLOCK)

    counts, (low, high) = cut(pixels), trusted
    blocks = counts[(cut(mask) & (counts >= low) & (counts <= high)).all(axis=(1, 2))].astype(float)
    if not len(blocks):
        return np.empty((0, 3))
    step = np.abs(np.diff(blocks, axis=2)).reshape(len(blocks), -1)
    fine = step <= 4 * np.maximum(1, 1.5 * np.median(step, axis=1))[:, None]
    variance = (step**2 * fine).sum(axis=1) / fine.sum(axis=1) / 2
    median = np.median(blocks, axis=(1, 2))
    near = np.abs(blocks - median[:, None, None]) <= NEAR * np.sqrt(variance)[:, None, None]
    return np.column_stack([median, variance, blocks.mean(axis=(1, 2), where=near)])


def read_noise(blocks: np.ndarray, gain: float, pedestal: float) -> float:
    """Photons²: the variance that readout adds to a pixel, from what :func:`block_scatter` gives (n, 3).

    What photons scatter by is gain (mean - pedestal); the rest is of readout, or of a gain that is not the one told:
    so much do pixels of the background vary. The median of the blocks, as some hold spots; 0 where there are none. (A
    median within blocks would be a whole number, too low for less than a photon a pixel.)
    """
    if not len(blocks):
        return 0.0
    _, variance, mean = blocks.T
    rest = variance - gain * np.maximum(mean - pedestal, 0.0)
    return float(max(np.median(rest), 0.0)) / gain**2
