"""Sums over pairs of equivalents of one crystal, by the dose that each of the two had seen."""

from __future__ import annotations

import numpy as np

from gnomon.kernels.jit import kernel


@kernel
def dose_pairs(starts, crystal, block, mean, dose, intensity, variance, shape):
    """Sums over pairs by crystal, block and dose: (C, B, D, 4) by the later dose, (C, B, D, 5) by the difference.

    Group g of equivalents of one crystal[g] has the observations starts[g] to starts[g + 1] - 1; block: (G,) part of
    the reflections; mean: (G,) best intensity of the reflection; dose: (N,) bin; shape: numbers C, B and D.
    By the later dose: number, |I_i - I_j|, (I_i + I_j) / 2, and the |I_i - I_j| that the variances alone let expect.
    By the difference: number, |I_i - I_j|, (I_i + I_j) / 2, and with s = variance_i + variance_j, m = mean > 0, the
    sums of m^2 ((I_i - I_j)^2 - s) / s^2 and of m^4 / s^2.
    """
    later = np.zeros((shape[0], shape[1], shape[2], 4))
    apart = np.zeros((shape[0], shape[1], shape[2], 5))
    factor = np.sqrt(2 / np.pi)
    for g in range(len(starts) - 1):
        c, b = crystal[g], block[g]
        m2 = mean[g] * mean[g] if mean[g] > 0 else 0.0
        for i in range(starts[g], starts[g + 1]):
            for j in range(starts[g], i):
                difference = abs(intensity[i] - intensity[j])
                half = 0.5 * (intensity[i] + intensity[j])
                s = variance[i] + variance[j]
                at = later[c, b, max(dose[i], dose[j])]
                at[0] += 1
                at[1] += difference
                at[2] += half
                at[3] += factor * np.sqrt(s)
                at = apart[c, b, abs(dose[i] - dose[j])]
                at[0] += 1
                at[1] += difference
                at[2] += half
                at[3] += m2 * (difference * difference - s) / (s * s)
                at[4] += m2 * m2 / (s * s)
    return later, apart
