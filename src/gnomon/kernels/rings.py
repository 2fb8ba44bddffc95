"""The background of reflections on a powder ring: that of the pixels beside them at the same scattering angle."""

from __future__ import annotations

import math

import numpy as np

from gnomon.kernels.background import from_spot, pixels_of_surroundings
from gnomon.kernels.jit import kernel

STRIPS = 12
"""Across the foreground: half a standard deviation of the spot each, about as finely as pixels tell it."""
CERTAIN = 2.5
"""Standard deviations by which both sides of a spot are to be off: one in ten thousand by chance, and no stray spot is
on both sides."""
LEAST_COUNT = 0.5
"""Counts of a strip in which none was seen (Jeffreys' prior), so that it has a variance."""


@kernel
def _level(strips, counts, frames):
    """The mean over the foreground of what strips (n,) hold a pixel and frame, and its variance; inf without any.

    strips: their pixels in the foreground, up to a factor; counts, frames: (n,) beside it.
    """
    total, square, weight = 0.0, 0.0, 0.0
    for s in range(len(strips)):
        if frames[s] > 0:
            total += strips[s] * counts[s] / frames[s]
            square += strips[s] ** 2 * max(counts[s], LEAST_COUNT) / frames[s] ** 2
            weight += strips[s]
    return (total / weight, square / weight**2) if weight > 0 else (0.0, math.inf)


@kernel
def _beside(boxes, i, y, n, at, sides):
    """Fill ``sides`` (2, 2, STRIPS): counts and frames on both sides of spot i, in strips at one scattering angle.

    c2 is along it (Kabsch's e2), c1 across; the ring of a powder bends by less than a pixel over a window.
    """
    sides[:] = 0.0
    slope, radius = boxes.slope[i], boxes.radius[i]
    for k in range(len(y)):
        c1 = slope[0, 0] * at[k, 0] + slope[0, 1] * at[k, 1]
        c2 = slope[1, 0] * at[k, 0] + slope[1, 1] * at[k, 1]
        strip = math.floor((c2 / radius + 1) * STRIPS / 2)
        if 0 <= strip < STRIPS:
            side = 1 if c1 > 0 else 0
            sides[side, 0, strip] += y[k]
            sides[side, 1, strip] += n[k]


@kernel
def level_rings(boxes, panels, surroundings, which, counts, background, uneven):
    """Set ``uneven`` (N,) of the rows ``which``: whether both sides of a spot are brighter than the background found,
    or both darker, at the scattering angles of its foreground.

    There ``background`` (N, 6) becomes their mean over the foreground, so that a sum over it is right, and column
    background_used (3) of ``counts`` as many pixels as tell a constant as well. A fit is not right there: its profile
    weighs pixels that the ring does not light alike.
    """
    most = 1
    for i in which:
        most = max(most, (2 * boxes.half[i, 0] + 1) * (2 * boxes.half[i, 1] + 1))
    y, n, at, row = np.empty(most), np.empty(most, np.int64), np.empty((most, 2)), np.empty(most)
    sides, strips = np.empty((2, 2, STRIPS)), np.empty(STRIPS)
    for s in range(STRIPS):
        strips[s] = math.sqrt(1 - ((s + 0.5) * 2 / STRIPS - 1) ** 2)  # chords of a circle
    for i in which:
        uneven[i] = False
        if counts[i, 3] == 0:
            continue
        panel, offset = boxes.panel[i], row[: 2 * boxes.half[i, 1] + 1]
        down = from_spot(boxes, i, offset)
        m = pixels_of_surroundings(
            surroundings.values, surroundings.start[i], boxes.half[i], offset, down, panels.gain[panel],
            panels.pedestal[panel], 2 * counts[i, 1], y, n, at,
        )  # fmt: skip
        _beside(boxes, i, y[:m], n[:m], at[:m], sides)
        rate = background[i, 0]
        known, off = (max(rate, 0.0) + background[i, 5]) / counts[i, 3], np.zeros(2)
        for side in range(2):
            level, variance = _level(strips, sides[side, 0], sides[side, 1])
            off[side] = (level - rate) / math.sqrt(variance + background[i, 5] / STRIPS + known)
        if min(off[0], off[1]) < CERTAIN and max(off[0], off[1]) > -CERTAIN:
            continue
        uneven[i] = True
        level, variance = _level(strips, sides[0, 0] + sides[1, 0], sides[0, 1] + sides[1, 1])
        background[i, 0], background[i, 1], background[i, 2] = level, 0.0, 0.0
        counts[i, 3] = max(min(level / variance, 1.0 * counts[i, 3]), 1.0)
