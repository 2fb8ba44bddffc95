"""Where a reflection lies on each frame: the ellipse of its foreground, and the window round it.

The frames of a reflection are taken in slabs of ``slab`` frames, one where it is not deeper than MOST_SLABS. On the
pixels of a slab, c1 and c2 (in standard deviations of the spot along Kabsch's e1 and e2) are ``slope`` times the
distance from the prediction, over the perspective 1 + tilt . distance. A spot wanders along c1 while the crystal
turns, and its window with it, so that near the spindle, too, memory and work go with the spot's size and not with
its way over the detector.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gnomon.kernels.jit import kernel

_R2, _PEAK = math.sqrt(0.5), 1 / math.sqrt(2 * math.pi)
MOST_SLABS = 24
"""Slabs into which a rocking curve is cut at most: a quarter of sigma_m each, which tell as much as finer ones do."""


class Boxes(NamedTuple):
    """N reflections: where they are, and how large, in pixels, frames and standard deviations of the spot."""

    xyz: np.ndarray  # (N, 3) predicted px, px, frames
    bbox: np.ndarray  # (N, 6) int32, all that any of its windows covers
    panel: np.ndarray  # (N,) int32
    slope: np.ndarray  # (N, 2, 2): c1 and c2 a pixel along fast and slow
    tilt: np.ndarray  # (N, 2): relative growth of the distance from the crystal, 1/px
    rate: np.ndarray  # (N,): c3 in sigma_m a frame, positive
    shear: np.ndarray  # (N,): drift along c1, in its standard deviation, while c3 moves by sigma_m
    radius: np.ndarray  # (N,): of the foreground
    guard: np.ndarray  # (N,): inner radius of the background
    slab: np.ndarray  # (N,) int32, frames in a slab
    half: np.ndarray  # (N, 2) int32, px on each side of the middle of the window
    core: np.ndarray  # (N, 2) int32, the same of the part of it that holds the foreground


class Panels(NamedTuple):
    """P panels that lie one after the other in a row of pixels."""

    start: np.ndarray  # (P,) int64
    size: np.ndarray  # (P, 2) int64, px along fast and slow
    gain: np.ndarray  # (P,) counts a photon
    pedestal: np.ndarray  # (P,) counts


class Patches(NamedTuple):
    """Counts of foregrounds: those of reflection i from ``start[i]``, slab after slab, row after row of its core.

    An element is the sum over the frames of the slab, or one of the values below.
    """

    values: np.ndarray  # int32
    start: np.ndarray  # (N,) int64, -1 where nothing is held


BAD, OVERLOAD, LOST, UNSEEN = (np.int32(-(2**31) + k) for k in range(4))
"""What a pixel of a patch is where it has no count: masked or below its trusted range; above it; nearer to a
neighbour; outside of the ellipse, or not seen yet."""


@kernel
def truncated_normal(low, high):
    """Mean and variance of the part of a standard normal variable between low and high."""
    share = 0.5 * (math.erf(high * _R2) - math.erf(low * _R2))
    if share < 1e-4:
        return low if low > 0 else min(high, 0.0), 0.0
    at_low, at_high = _PEAK * math.exp(-0.5 * low * low), _PEAK * math.exp(-0.5 * high * high)
    mean = (at_low - at_high) / share
    return mean, max(1 + (low * at_low - high * at_high) / share - mean * mean, 0.0)


@kernel
def slab_count(boxes, i):
    """Number of slabs of reflection i."""
    return (boxes.bbox[i, 5] - boxes.bbox[i, 4] + boxes.slab[i] - 1) // boxes.slab[i]


@kernel
def slab_edges(boxes, i, s):
    """First frame of slab s of reflection i, and the one behind its last."""
    first = boxes.bbox[i, 4] + s * boxes.slab[i]
    return first, min(first + boxes.slab[i], boxes.bbox[i, 5])


@kernel
def slab_shift(boxes, i, s):
    """Where the spot is along c1 in slab s, and how much broader it is there than its standard deviation.

    Mean and variance of the part of a normal rocking curve that the slab records, times the shear.
    """
    shear = boxes.shear[i]
    if shear == 0.0:
        return 0.0, 1.0
    first, end = slab_edges(boxes, i, s)
    mean, variance = truncated_normal(
        boxes.rate[i] * (first - boxes.xyz[i, 2]), boxes.rate[i] * (end - boxes.xyz[i, 2])
    )
    return shear * mean, math.sqrt(1 + shear * shear * variance)


@kernel
def middle_pixel(boxes, i, shift):
    """The pixel, along fast and slow, in which the prediction lies when it is moved by ``shift`` along c1."""
    a = boxes.slope[i]
    scale = shift / (a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0])
    x, y = boxes.xyz[i, 0] + scale * a[1, 1], boxes.xyz[i, 1] - scale * a[1, 0]
    return int(math.floor(x)), int(math.floor(y))


@kernel
def perspective(boxes, i, x, y):
    """The factor by which c1 and c2 shrink about pixel (x, y), for it is farther from the crystal."""
    return 1 / (1 + boxes.tilt[i, 0] * (x + 0.5 - boxes.xyz[i, 0]) + boxes.tilt[i, 1] * (y + 0.5 - boxes.xyz[i, 1]))


@kernel
def patch_size(boxes, i):
    """Elements of a slab of the patch of reflection i."""
    return (2 * boxes.core[i, 0] + 1) * (2 * boxes.core[i, 1] + 1)


@kernel
def longest(boxes, which):
    """Most slabs and most elements of the patches of ``which`` reflections; at least 1."""
    slabs, elements = 1, 1
    for i in which:
        n = slab_count(boxes, i)
        slabs = max(slabs, n)
        elements = max(elements, n * patch_size(boxes, i))
    return slabs, elements
