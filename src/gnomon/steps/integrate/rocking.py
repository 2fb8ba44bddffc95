"""The mosaicity from the shares of strong spots on each frame."""

from __future__ import annotations

import numpy as np

from gnomon.kernels.profile import normal_cumulative

TAIL = 2e-3
"""Share that any frame may hold beside the Gaussian: keeps one odd spot from ruling the likelihood."""


def rocking_likelihood(scale: float, c3: np.ndarray, shares: np.ndarray, weight: np.ndarray) -> float:
    """The log-likelihood of the ``shares`` (M, n) if the rocking width is ``scale`` sigma_m.

    c3: (M, n + 1) edges of the frames in sigma_m. Sum over spots and frames of n_j ln z_j - K ln Z, the extended
    likelihood for Poisson counts n_j with z_j the Gaussian's share of frame j (Kabsch 2010, Acta D66, 133).
    """
    z = np.diff(normal_cumulative(c3 / scale), axis=1)
    inside = c3[:, 1:] > c3[:, :-1]
    z = np.where(inside, z + TAIL, 1.0)
    whole = np.where(inside, z, 0.0).sum(axis=1)
    return float((weight * ((shares * np.log(z)).sum(axis=1) - shares.sum(axis=1) * np.log(whole))).sum())


def best_scale(c3: np.ndarray, shares: np.ndarray, weight: np.ndarray, low: float = 0.1, high: float = 5.0) -> float:
    """The factor by which sigma_m must change, within low..high, for the greatest likelihood (golden section in ln)."""
    shares = np.maximum(shares, 0.0)
    golden = (np.sqrt(5) - 1) / 2
    a, b = np.log(low), np.log(high)
    for _ in range(24):
        left, right = b - golden * (b - a), a + golden * (b - a)
        if rocking_likelihood(np.exp(left), c3, shares, weight) > rocking_likelihood(np.exp(right), c3, shares, weight):
            b = right
        else:
            a = left
    return float(np.exp((a + b) / 2))
