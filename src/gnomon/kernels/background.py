"""The background of a reflection: robust Poisson means and planes."""

from __future__ import annotations

import math

import numpy as np

from gnomon.kernels.jit import kernel


@kernel
def expected_psi(mean, tuning):
    """E psi((Y - mean) / sqrt(mean)) of Huber's psi, clipped at ``tuning``, for a Poisson variable Y.

    The correction that makes the robust estimate unbiased: Cantoni & Ronchetti 2001, J. Am. Stat. Assoc. 96, 1022.
    """
    root = math.sqrt(mean)
    first = max(0, int(mean - 8 * root))
    last = int(mean + 8 * root) + 12
    probability = math.exp(first * math.log(mean) - mean - math.lgamma(first + 1.0))
    total = 0.0
    for k in range(first, last):
        total += probability * min(max((k - mean) / root, -tuning), tuning)
        probability *= mean / (k + 1)
    return total


@kernel
def robust_mean(values, tuning):
    """The mean of Poisson counts ``values`` (n,) under a few outliers: Huber's M-estimator with Fisher consistency.

    Solves sum psi((y - b) / sqrt(b)) = n E psi by Newton steps from the mean of the values below twice the median.
    Parkhurst et al. 2016, J. Appl. Cryst. 49, 1912, for a constant background. 0 where nothing was counted.
    """
    n = values.size
    middle = np.median(values)
    mean, kept = 0.0, 0
    for y in values:
        if y <= 2 * middle + 2:
            mean += y
            kept += 1
    mean /= max(kept, 1)
    if mean <= 0:
        return max(0.0, values.sum() / max(n, 1))
    for _ in range(50):
        root = math.sqrt(mean)
        total, inside = 0.0, 0
        for y in values:
            r = (y - mean) / root
            if abs(r) < tuning:
                inside += 1
            total += min(max(r, -tuning), tuning)
        step = root * (total / n - expected_psi(mean, tuning)) / max(inside / n, 0.5)
        mean = max(mean + step, 0.2 * mean)
        if abs(step) < 1e-3 * math.sqrt(mean / n):
            break
    return mean


@kernel
def robust_plane(values, at, tuning, start):
    """(4,): b0 and slopes of b = b0 + b1 x + b2 y + b3 z: slopes by reweighted least squares (Huber weights).

    values: (n,); at: (n, 3) offsets from the centre; start: the robust mean, which the plane keeps at the mean
    offset (Huber weights alone would lower it for skew counts), and which stays the answer when the plane would be
    negative inside the box.
    """
    answer = np.zeros(4)
    answer[0] = start
    row = np.ones(4)
    for _ in range(10):
        normal, right = np.zeros((4, 4)), np.zeros(4)
        for k in range(values.size):
            row[1:] = at[k]
            model = max((row * answer).sum(), 0.1 * start + 1e-6)
            r = (values[k] - model) / math.sqrt(model)
            weight = min(1.0, tuning / max(abs(r), 1e-12)) / model
            for i in range(4):
                right[i] += weight * row[i] * values[k]
                for j in range(4):
                    normal[i, j] += weight * row[i] * row[j]
        for i in range(1, 4):  # a shoebox of one frame has no slope along z
            normal[i, i] += 1e-9 * normal[0, 0]
        fresh = np.linalg.solve(normal, right)
        change = abs(fresh[0] - answer[0])
        answer = fresh
        if change < 1e-4 * (start + 1e-6):
            break
    answer[0] = start
    for i in range(3):
        answer[0] -= answer[i + 1] * at[:, i].mean()
    lowest = answer[0]
    for i in range(3):
        lowest -= abs(answer[i + 1]) * np.abs(at[:, i]).max()
    if lowest < 0:
        answer[:] = 0.0
        answer[0] = start
    return answer
