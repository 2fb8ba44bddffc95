"""Where a reflection lies on each frame: the ellipse of its foreground, and the window round it.

The frames of a reflection are taken in slabs of ``slab`` frames, one where it is not deeper than MOST_SLABS. On the
pixels of a slab, c1 and c2 (in standard deviations of the spot along Kabsch's e1 and e2) are ``slope`` times the
distance from the prediction, over the perspective 1 + tilt . distance. So the foreground is an ellipse. A window is the
rows that it reaches, and on each as many pixels about the middle of its chord: it leans as the ellipse does, and
wanders with it while the crystal turns. So memory and work go with the size of the spot, not with its way over the
detector.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gnomon.kernels.jit import kernel

_R2, _PEAK = math.sqrt(0.5), 1 / math.sqrt(2 * math.pi)
MOST_SLABS = 16
"""Slabs into which a rocking curve is cut at most, so that memory does not grow as slices become finer. A slab of w
sigma_m takes w^2 / 24 of what a weak reflection tells (Gaussian on a flat background): .6 to 2 % here, half of that in
sigma."""


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
    half: np.ndarray  # (N, 2) int32: pixels of a row, and rows, on each side of the middle of the window
    core: np.ndarray  # (N, 2) int32, the same of the part of it that holds the foreground


class Panels(NamedTuple):
    """P panels that lie one after the other in a row of pixels."""

    start: np.ndarray  # (P,) int64
    size: np.ndarray  # (P, 2) int64, px along fast and slow
    gain: np.ndarray  # (P,) counts a photon
    pedestal: np.ndarray  # (P,) counts
    noise: (
        np.ndarray
    )  # (P,) photons², variance of a pixel's count that readout adds on each frame; 0 where photons count


class Patches(NamedTuple):
    """Counts of foregrounds: those of reflection i from ``start[i]``, slab after slab, row after row of its core.

    An element is the sum over the frames of the slab, less LOST_BY where the pixel is nearer to a neighbour on one of
    them, or one of the values below.
    """

    values: np.ndarray  # int32
    start: np.ndarray  # (N,) int64, -1 where nothing is held


BAD, OVERLOAD, UNSEEN = (np.int32(-(2**31) + k) for k in range(3))
"""What a pixel of a patch is where it has no count: masked or below its trusted range; above it; outside of the
ellipse, or not seen yet."""
LOST_BY = np.int32(2**30)
"""What a count is lowered by where a neighbour is nearer to the pixel."""
OWN = np.int32(-(2**29))
"""The lowest element that is a count of the reflection's own: readout noise does not sum to so little."""


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
def shift_on(boxes, i, first, end):
    """Where the spot is along c1 on frames first..end, and how much broader it is there than its standard deviation.

    Mean and variance of the part of a normal rocking curve that the frames record, times the shear.
    """
    shear, rate, z = boxes.shear[i], boxes.rate[i], boxes.xyz[i, 2]
    if shear == 0.0:
        return 0.0, 1.0
    mean, variance = truncated_normal(rate * (first - z), rate * (end - z))
    return shear * mean, math.sqrt(1 + shear * shear * variance)


class Ellipse(NamedTuple):
    """A spot in one slab: c1 = c1x (X - x) + c1y (Y - y) and c2 = c2x (X - x) + c2y (Y - y) at a point X, Y (px).

    Where c1^2 + c2^2 = r^2, the chord of row Y reaches sqrt((r^2 - rows (Y - y)^2) / columns) on both sides of
    X = x + lean (Y - y).
    """

    x: float  # px
    y: float
    c1x: float  # 1/px
    c1y: float
    c2x: float
    c2y: float
    lean: float
    columns: float  # 1/px^2
    rows: float


@kernel
def ellipse_on(boxes, i, first, end):
    """The Ellipse of reflection i on frames first..end."""
    shift, broad = shift_on(boxes, i, first, end)
    a00, a01, a10, a11 = boxes.slope[i, 0, 0], boxes.slope[i, 0, 1], boxes.slope[i, 1, 0], boxes.slope[i, 1, 1]
    det = a00 * a11 - a01 * a10
    x, y = shift * a11 / det, -shift * a10 / det
    scale = 1 / (1 + boxes.tilt[i, 0] * x + boxes.tilt[i, 1] * y)
    c1x, c1y, c2x, c2y = a00 * scale / broad, a01 * scale / broad, a10 * scale, a11 * scale
    columns = c1x * c1x + c2x * c2x
    area = c1x * c2y - c1y * c2x
    lean = -(c1x * c1y + c2x * c2y) / columns
    return Ellipse(boxes.xyz[i, 0] + x, boxes.xyz[i, 1] + y, c1x, c1y, c2x, c2y, lean, columns, area * area / columns)


@kernel
def slab_ellipse(boxes, i, s):
    """The Ellipse of reflection i in slab s."""
    first, end = slab_edges(boxes, i, s)
    return ellipse_on(boxes, i, first, end)


@kernel
def middle_row(ellipse):
    """The row of pixels that the middle of the spot is in."""
    return math.floor(ellipse.y)


@kernel
def middle_column(ellipse, row):
    """The pixel of ``row`` that the middle of its chord is in."""
    return math.floor(ellipse.x + ellipse.lean * (row + 0.5 - ellipse.y))


@kernel
def chord(ellipse, row, square):
    """The first pixel of ``row`` whose centre lies within c1^2 + c2^2 <= square, and the one behind the last."""
    away = row + 0.5 - ellipse.y
    left = (square - ellipse.rows * away * away) / ellipse.columns
    if left < 0:
        return 0, 0
    middle, half = ellipse.x + ellipse.lean * away - 0.5, math.sqrt(left)
    return math.ceil(middle - half), math.floor(middle + half) + 1


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
