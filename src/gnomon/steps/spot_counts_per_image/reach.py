"""How far the spots of an image reach: a Grenander estimate of their density in reciprocal space."""

from __future__ import annotations

import numpy as np

from gnomon.steps.spot_counts_per_image.volume import SweptVolume


def resolution_limit(s: np.ndarray, volume: SweptVolume, least_density: float) -> float:
    """Å: where spots at ``s`` (N,), 1/Å, become thinner than ``least_density`` of their mean density further in.

    Spots of a crystal fill the volume that an image sweeps evenly, up to the limit of diffraction: the number of
    spots against volume (1/d³) is a straight line with a knee (Zhang et al. 2006, J. Appl. Cryst. 39, 112, section
    2.4). Where the density only falls, its maximum-likelihood estimate is the slope of the least concave majorant
    of that curve (Grenander 1956, Scand. Actuarial J. 39, 125): it needs no binning, no starting point and no fit.
    The corner of the detector where spots do not thin out.
    """
    counts = volume.counts(s)
    density = falling_density(counts)
    mean = np.cumsum(counts) / np.arange(1, len(counts) + 1)
    thin = density < least_density * mean
    last = int(np.argmax(thin)) if thin.any() else len(counts)
    return float(1 / volume.edges[last])


def falling_density(counts: np.ndarray) -> np.ndarray:
    """(n,) what ``counts`` (n,) of equal cells are most likely to be the outcome of, if no cell expects more than the
    one before it: neighbours that rise are pooled (Ayer et al. 1955, Ann. Math. Stat. 26, 641).
    """
    means: list[float] = []
    sizes: list[int] = []
    for count in counts.tolist():
        mean, size = float(count), 1
        while means and means[-1] <= mean:
            before = sizes.pop()
            mean = (means.pop() * before + mean * size) / (before + size)
            size += before
        means.append(mean)
        sizes.append(size)
    return np.repeat(means, sizes)
