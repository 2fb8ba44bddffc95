"""The intensity to expect of a reflection, given the mean of its observations."""

from __future__ import annotations

import numpy as np

from gnomon.maths.normal import positive_moments
from gnomon.maths.shells import shells_by_count
from gnomon.maths.tally import Tally

_SHELLS, _FEWEST = 20, 50  # resolution shells of the prior, and unique reflections in each


def expected_moments(mean: np.ndarray, variance: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and second moment (M,) of the true intensity, under Wilson's prior exp(-I / S) for I > 0.

    mean, variance: (M,) of the merged intensities; d: (M,) Å. The posterior is a normal distribution about
    mean - variance / S, cut at zero (French & Wilson 1978, Acta Cryst. A34, 517); S is the mean of the resolution
    shell, not less than three of its standard errors. Clipping weak means at zero instead would call half of them
    stronger and half weaker than they are, and their variances with them.
    """
    shells = shells_by_count(d, _SHELLS, _FEWEST)
    tally = Tally(np.clip(shells.of(d), 0, len(shells) - 1), len(shells))
    sigma = np.sqrt(variance)
    prior = np.maximum(tally.mean(mean), 3 * tally.mean(sigma) / np.sqrt(np.maximum(tally.number(), 1)))
    prior = np.where(np.isfinite(prior), prior, np.nanmax(prior))[tally.bins]
    first, second = positive_moments(mean / sigma - sigma / prior)
    return sigma * first, variance * second
