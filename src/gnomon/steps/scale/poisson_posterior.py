"""What few counts tell of the intensity behind them, given Wilson's statistics: no normal distribution will do."""

from __future__ import annotations

import numpy as np

_NODES = 64
_DROP = 40.0  # of the logarithm of the density, beyond which nothing counts


def posterior_counts(
    counted: np.ndarray, background: np.ndarray, rate: np.ndarray, centric: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means (N,) of t and of t^2, t the counts expected of a reflection over its background, (N,) each.

    The posterior on t > 0 is t^q (t + background)^counted exp(-rate t), q = -1/2 (centric) or 0: Poisson's likelihood
    of ``counted`` and French & Wilson's (1978, Acta Cryst. A34, 517) prior, rate = 1 + 1 / S or 1 + 1 / 2 S where S is
    the mean of the shell in counts. counted need be no whole number, as counts of several observations are weighed;
    less than none is none. Gauss-Legendre quadrature over sqrt(t), in which the integrands are smooth at 0.
    """
    counted, background = np.maximum(counted, 0.0), np.maximum(background, 1e-6)
    top = np.maximum(counted / rate, background)  # of t + background
    end = np.sqrt(top - background + np.sqrt(2 * _DROP * top / rate) + _DROP / rate)
    node, weight = np.polynomial.legendre.leggauss(_NODES)
    root = end[:, None] * (node + 1) / 2
    t = root**2
    log = counted[:, None] * np.log((t + background[:, None]) / top[:, None])
    log -= rate[:, None] * (t + background[:, None] - top[:, None])
    density = weight * np.exp(log) * (1.0 if centric else root)
    norm = density.sum(axis=1)
    return (density * t).sum(axis=1) / norm, (density * t**2).sum(axis=1) / norm
