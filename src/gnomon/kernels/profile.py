"""Reference profiles: learning them from strong spots, and fitting them to all.

The share of a reflection that a pixel records is ``area g(c1, c2) ratio(c1, c2) [F(c3 end) - F(c3 start)]``: g is the
Gaussian of sigma_b, ``ratio`` a learned correction on a grid (bilinear between nodes), and F the Gaussian cumulative
rocking curve of sigma_m plus a learned ``rocking_correction`` (linear between nodes). Coordinates are in sigma_b and
sigma_m. Values at pixel centres describe the spot as pixels see it (the effective point-spread function of
Anderson & King 2000, PASP 112, 1360), so nothing is deconvolved and no pixel need be split.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gnomon.kernels.jit import kernel
from gnomon.kernels.shoebox import (
    LOST_BY,
    OWN,
    UNSEEN,
    chord,
    ellipse_on,
    longest,
    middle_column,
    middle_row,
    slab_count,
    slab_edges,
    slab_ellipse,
)
from gnomon.kernels.summation import LEAST_COUNT, level_at

LEAST_SLAB = 0.02
"""Slabs that should hold less of a spot are not learned from: they hold more noise than shape."""


class Profiles(NamedTuple):
    """R reference profiles: corrections of the Gaussian and of its cumulative rocking curve."""

    ratio: np.ndarray  # (R, n, n)
    rocking_correction: np.ndarray  # (R, m)
    step: float  # between nodes of ``ratio``, in the standard deviation of the spot
    extent: float  # half range of the nodes of ``rocking_correction``, in sigma_m
    reach: float  # half depth of a box that the scan does not cut, in sigma_m


@kernel
def _normal(c):
    """The normal cumulative distribution at c."""
    return 0.5 * (1 + math.erf(c / math.sqrt(2.0)))


@kernel
def rocking_cumulative(c, correction, extent):
    """F(c) in 0..1: the normal cumulative plus ``correction`` (m,), whose nodes run evenly from -extent to extent."""
    m = correction.size
    t = min(max((c + extent) / (2 * extent) * (m - 1), 0.0), m - 1.0)
    k = min(int(t), m - 2)
    value = _normal(c) + correction[k] + (t - k) * (correction[k + 1] - correction[k])
    return min(max(value, 0.0), 1.0)


@kernel
def _node(c, half, step):
    """The grid node below c and the fraction of the way to the next, kept inside -half..half nodes."""
    t = min(max(c / step + half, 0.0), 2.0 * half)
    k = min(int(t), 2 * half - 1)
    return k, t - k


@kernel
def normal_cumulative(c):
    """The normal cumulative distribution at each of ``c`` (n, m)."""
    out = np.empty(c.shape)
    for i in range(c.shape[0]):
        for j in range(c.shape[1]):
            out[i, j] = _normal(c[i, j])
    return out


@kernel
def density_of(shape):
    """The Gaussian's share of a pixel at the middle of an ellipse."""
    return abs(shape.c1x * shape.c2y - shape.c1y * shape.c2x) / (2 * math.pi)


@kernel
def _learn_one(boxes, model, i, patch, scale, level, intensity, weight, slab, step, grid, share_of, spread):
    """Add one spot to the sums of a profile; see :func:`learn_profiles`. scale: gain and pedestal."""
    hx, hy = boxes.core[i]
    wide, high, half = 2 * hx + 1, 2 * hy + 1, grid.shape[1] // 2
    for s in range(slab_count(boxes, i)):
        first, end = slab_edges(boxes, i, s)
        place, shape = slab_ellipse(boxes, i, s), ellipse_on(model, i, first, end)
        top, density = middle_row(place) - hy, density_of(shape)
        for y in range(high):
            left = middle_column(place, top + y) - hx + 0.5
            v = top + y + 0.5 - shape.y
            for x in range(wide):
                count = patch[(s * high + y) * wide + x]
                u = left + x - shape.x
                c1, c2 = shape.c1x * u + shape.c1y * v, shape.c2x * u + shape.c2y * v
                if count < OWN or c1 * c1 + c2 * c2 > model.radius[i] ** 2:
                    continue
                value = (count - (end - first) * scale[1]) / scale[0]
                share = (value - level_at(level, u, v, end - first)) / intensity
                share_of[s] += share
                if slab[s] < LEAST_SLAB:
                    continue
                expected = slab[s] * density * math.exp(-0.5 * (c1 * c1 + c2 * c2))
                spread[0] += share * c1 * c1
                spread[1] += share * c2 * c2
                spread[2] += expected * c1 * c1
                spread[3] += expected * c2 * c2
                kx, fx = _node(c1, half, step)
                ky, fy = _node(c2, half, step)
                for dy in range(2):
                    for dx in range(2):
                        part = weight * (fx if dx else 1 - fx) * (fy if dy else 1 - fy)
                        grid[0, ky + dy, kx + dx] += part * share
                        grid[1, ky + dy, kx + dx] += part * expected
                        grid[2, ky + dy, kx + dx] += part * part * max(value, 0.0) / intensity**2
                        grid[3, ky + dy, kx + dx] += part * part * expected * expected


@kernel
def learn_profiles(
    boxes, model, panels, patches, which, row, weight, background, intensity, step, grids, shares, spread
):
    """Add the spots ``which`` (M,), with ``weight`` (M,), to the sums of the reference profiles ``row`` (M,).

    The patches lie as ``boxes`` had them; coordinates, foreground and rocking curve are those of ``model``.
    grids: (R, 4, n, n): observed share, expected share of the Gaussian, variance of the observed, and squared expected
    share, over nodes ``step`` standard deviations apart. shares: (M, n_slabs), overwritten with the share of each spot
    that each of its slabs recorded. spread: (M, 4), overwritten with the second moments of the observed share along c1
    and c2 and of the Gaussian's, on the same pixels. background: (N, 6); intensity: (N,) summed.
    The Gaussian's share within the foreground is 1, as the observed one is: a sum is all there is of a spot.
    """
    slab = np.empty(shares.shape[1])
    shares[:] = 0.0
    spread[:] = 0.0
    for m in range(which.size):
        i = which[m]
        inside = 0.0
        for s in range(slab_count(boxes, i)):
            first, end = slab_edges(boxes, i, s)
            slab[s] = _normal(model.rate[i] * (end - model.xyz[i, 2])) - _normal(
                model.rate[i] * (first - model.xyz[i, 2])
            )
            inside += slab[s]
        for s in range(slab_count(boxes, i)):
            slab[s] /= inside * -math.expm1(-0.5 * model.radius[i] ** 2)
        scale = (panels.gain[boxes.panel[i]], panels.pedestal[boxes.panel[i]])
        _learn_one(
            boxes, model, i, patches.values[patches.start[i] :], scale, background[i], intensity[i], weight[m], slab,
            step, grids[row[m]], shares[m], spread[m],
        )  # fmt: skip


@kernel
def density_at(shape, u, v, ratio, step):
    """The profile across at a place u, v (px) from the middle of an ellipse: its share of a pixel there, of 1."""
    half = ratio.shape[0] // 2
    c1, c2 = shape.c1x * u + shape.c1y * v, shape.c2x * u + shape.c2y * v
    kx, fx = _node(c1, half, step)
    ky, fy = _node(c2, half, step)
    p = (1 - fy) * ((1 - fx) * ratio[ky, kx] + fx * ratio[ky, kx + 1])
    p += fy * ((1 - fx) * ratio[ky + 1, kx] + fx * ratio[ky + 1, kx + 1])
    return p * density_of(shape) * math.exp(-0.5 * (c1 * c1 + c2 * c2))


@kernel
def model_pixels(boxes, i, patch, scale, level, ratio, slab, step, pixels, places):
    """Rows filled of ``pixels`` (P, 4), data, background, profile and variance of readout, and the profile's sum over
    all the foreground.

    The rows are of the pixels of reflection i that have a count, a neighbour's too; places: (P, 4) int32, column and
    row on the panel and slab of each, and 1 where it is the reflection's own.
    """
    hx, hy = boxes.core[i]
    wide, high, n, whole = 2 * hx + 1, 2 * hy + 1, 0, 0.0
    for s in range(slab_count(boxes, i)):
        first, end = slab_edges(boxes, i, s)
        shape = slab_ellipse(boxes, i, s)
        top = middle_row(shape) - hy
        for y in range(high):
            row = top + y
            left = middle_column(shape, row) - hx
            chord_first, chord_end = chord(shape, row, boxes.radius[i] ** 2)
            v = row + 0.5 - shape.y
            for x in range(max(chord_first - left, 0), min(chord_end - left, wide)):
                u = left + x + 0.5 - shape.x
                p = slab[s] * density_at(shape, u, v, ratio, step)
                whole += p
                count, own = patch[(s * high + y) * wide + x], 1
                if count <= UNSEEN:
                    continue
                if count < OWN:
                    count, own = count + LOST_BY, 0
                pixels[n, 0] = (count - (end - first) * scale[1]) / scale[0]
                pixels[n, 1] = level_at(level, u, v, end - first)
                pixels[n, 2] = p
                pixels[n, 3] = level[5] * (end - first)
                places[n, 0], places[n, 1], places[n, 2], places[n, 3] = left + x, row, s, own
                n += 1
    return n, whole


@kernel
def _solve(pixels, floor):
    """I of greatest likelihood for ``pixels`` (n, 4), its information, and sum of p / v.

    From the summed intensity, over the profile's share of these pixels, on.
    """
    net, share, bottom, drift = 0.0, 0.0, 1.0, 0.0
    for k in range(len(pixels)):  # by index: a view of each row would cost more than what is done with it
        net += pixels[k, 0] - pixels[k, 1]
        share += pixels[k, 2]
    intensity = net / share
    for _ in range(30):
        top, bottom, drift, bright = 0.0, 0.0, 0.0, max(intensity, 0.0)
        for k in range(len(pixels)):
            b, p = pixels[k, 1], pixels[k, 2]
            weight = p / (max(b, floor) + pixels[k, 3] + bright * p)
            top += (pixels[k, 0] - b) * weight
            bottom += p * weight
            drift += weight
        change = top / bottom - intensity
        intensity += change
        if abs(change) < 1e-3 / math.sqrt(bottom):
            break
    return intensity, bottom, drift


@kernel
def agreement(pixels, intensity):
    """Correlation of d - b with p over ``pixels`` (n, 4), and r.m.s. of (d - b) / I - p (0 where I is not positive)."""
    mean_net, mean_p, misfit, n = 0.0, 0.0, 0.0, len(pixels)
    for k in range(n):
        net, p = pixels[k, 0] - pixels[k, 1], pixels[k, 2]
        mean_net += net / n
        mean_p += p / n
        misfit += (net - intensity * p) ** 2 / n
    both, spread_net, spread_p = 0.0, 0.0, 0.0
    for k in range(n):
        net, p = pixels[k, 0] - pixels[k, 1] - mean_net, pixels[k, 2] - mean_p
        both += net * p
        spread_net += net * net
        spread_p += p * p
    norm = math.sqrt(spread_net * spread_p)
    return both / norm if norm > 0 else 0.0, math.sqrt(misfit) / intensity if intensity > 0 else 0.0


@kernel
def recorded(first, end, z, rate, correction, extent):
    """The share of the rocking curve that the frames first..end record."""
    return max(
        rocking_cumulative(rate * (end - z), correction, extent)
        - rocking_cumulative(rate * (first - z), correction, extent),
        0.0,
    )


@kernel
def slab_shares(boxes, i, correction, profiles, slab):
    """The share of the rocking curve inside the scan, 1 where the scan does not cut the box.

    ``slab`` is filled with the share of each slab, of a curve that is as long as a box that the scan does not cut.
    """
    z, rate = boxes.xyz[i, 2], boxes.rate[i]
    first, end = math.floor(z - profiles.reach / rate), math.ceil(z + profiles.reach / rate)
    uncut = recorded(first, end, z, rate, correction, profiles.extent)
    inside = recorded(boxes.bbox[i, 4], boxes.bbox[i, 5], z, rate, correction, profiles.extent)
    for s in range(slab_count(boxes, i)):
        first, end = slab_edges(boxes, i, s)
        slab[s] = recorded(first, end, z, rate, correction, profiles.extent) / uncut
    return min(inside / uncut, 1.0)  # a curve learned from few spots may fall


@kernel
def fit_profile(boxes, panels, patches, which, row, profiles, background, used, fitted):
    """Fill rows ``which`` of ``fitted`` (N, 7) with the Poisson maximum-likelihood fit of the profile.

    I solves sum (d - b) p / v = I sum p^2 / v with v = b + I p + what readout adds, iterated: the score equation of
    Poisson counts, so that weak data are not biased by weights of their own noise. fitted: I (of the whole
    reflection), its variance (with that of the background), correlation, r.m.s. of (d - b) / I - p, partiality (share
    of the rocking curve inside the scan: 1 where the scan does not cut the box), share of that part on the pixels
    used, and pixels used. The profile sums to the partiality over the whole foreground, usable or not, as the spots it
    was learned from did. The reflections are alone on their pixels; for others see ``kernels.overlap``.
    row: (N,) which of ``profiles``; used: (N,) background pixels behind ``background`` (N, 6).
    """
    slabs, elements = longest(boxes, which)
    pixels, places, slab = np.empty((elements, 4)), np.empty((elements, 4), np.int32), np.empty(slabs)
    for i in which:
        fitted[i] = 0.0
        n, share = profile_of(boxes, panels, patches, i, row[i], profiles, background[i], slab, pixels, places, fitted)
        if n == 0:
            continue
        floor = LEAST_COUNT / max(used[i], 1)
        intensity, bottom, drift = _solve(pixels[:n], floor)
        fitted[i, 0] = intensity
        level = max(background[i, 0], floor) + background[i, 5]
        fitted[i, 1] = 1 / bottom + level / max(used[i], 1) * (drift / bottom) ** 2
        fitted[i, 2], fitted[i, 3] = agreement(pixels[:n], intensity)
        fitted[i, 5] = share / fitted[i, 4]
        fitted[i, 6] = n


@kernel
def profile_of(boxes, panels, patches, i, row, profiles, background, slab, pixels, places, fitted):
    """How many pixels of reflection i can be used, 0 if none is of use, and the share of the profile on them.

    ``pixels`` and ``places`` are filled as :func:`model_pixels` does, the profile being that of a whole reflection of
    1, and the partiality in ``fitted``.
    """
    fitted[i, 4] = slab_shares(boxes, i, profiles.rocking_correction[row], profiles, slab)
    scale = (panels.gain[boxes.panel[i]], panels.pedestal[boxes.panel[i]])
    patch = patches.values[patches.start[i] :]
    n, whole = model_pixels(
        boxes, i, patch, scale, background, profiles.ratio[row], slab, profiles.step, pixels, places
    )
    if n == 0 or whole <= 0 or fitted[i, 4] <= 0:
        return 0, 0.0
    share = 0.0
    for k in range(n):
        pixels[k, 2] *= fitted[i, 4] / whole
        share += pixels[k, 2]
    return n if share > 0 else 0, share
