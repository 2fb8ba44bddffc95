"""Spots onto pixels."""

import math

import numpy as np

from gnomon.kernels.jit import kernel

_REACH = 4.5  # standard deviations


@kernel
def add_spots(rate, live, x, y, sigma, counts, owner, on_live):
    """Round Gaussian spots, integrated over each pixel, added to an image of expected counts.

    rate: (ny, nx) float64, changed in place. live: (ny, nx) bool. x, y, sigma (px), counts: (N,).
    owner: (N,) row of ``on_live``. on_live: (M,) float64, to which the counts on live pixels are added.
    A pixel i covers [i, i + 1).
    """
    ny, nx = rate.shape
    in_x = np.empty(nx)
    for k in range(len(x)):
        reach = _REACH * sigma[k]
        x0, x1 = max(0, math.floor(x[k] - reach)), min(nx, math.floor(x[k] + reach) + 1)
        y0, y1 = max(0, math.floor(y[k] - reach)), min(ny, math.floor(y[k] + reach) + 1)
        if x0 >= x1 or y0 >= y1:
            continue
        scale = 1.0 / (math.sqrt(2.0) * sigma[k])
        below = math.erf((x0 - x[k]) * scale)
        for i in range(x0, x1):
            above = math.erf((i + 1 - x[k]) * scale)
            in_x[i] = 0.25 * counts[k] * (above - below)
            below = above
        total = 0.0
        below = math.erf((y0 - y[k]) * scale)
        for j in range(y0, y1):
            above = math.erf((j + 1 - y[k]) * scale)
            for i in range(x0, x1):
                photons = (above - below) * in_x[i]
                rate[j, i] += photons
                total += photons if live[j, i] else 0.0
            below = above
        on_live[owner[k]] += total
