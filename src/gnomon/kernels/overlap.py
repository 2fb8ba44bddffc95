"""Reflections that claim each other's pixels: their profiles fitted together.

What counts of a neighbour's tail lie under a spot is not told by who is nearer to a pixel. The intensity of a
reflection and those of the neighbours that reach into its foreground are found together on the pixels of its
foreground, from their profiles there (Bourgeois, Nurizzo, Kahn & Cambillau 1998, J. Appl. Cryst. 31, 22; of stars
Stetson 1987, PASP 99, 191). Those of the neighbours are only by the way, each being fitted in its turn on its own. So
nothing depends on the order in which reflections come, and the sigma grows as spots come nearer to each other.
"""

from __future__ import annotations

import math

import numpy as np

from gnomon.kernels.crowd import most_neighbours, neighbours
from gnomon.kernels.jit import kernel
from gnomon.kernels.profile import agreement, density_at, profile_of, recorded
from gnomon.kernels.shoebox import ellipse_on, longest, slab_edges
from gnomon.kernels.summation import LEAST_COUNT

LEAST_PIVOT = 1e-6
"""Of what a profile would tell alone, what is left beside those before it: below, it is the same profile."""
STEPS = 30
SPOT_SCATTER = 0.1
"""Relative scatter of a spot's share of a pixel from what its profile says, beyond counting."""


@kernel
def _add_neighbour(boxes, i, j, row, profiles, places, p):
    """Fill ``p`` (n,) with the profile of neighbour j at the ``places`` of reflection i; its sum.

    Up to a factor, which its intensity takes.
    """
    correction, total, slab = profiles.rocking_correction[row], 0.0, -1
    share, radius = 0.0, boxes.radius[j] ** 2
    shape = ellipse_on(boxes, j, boxes.bbox[j, 4], boxes.bbox[j, 5])
    for k in range(len(p)):
        x, y, s, _ = places[k]
        if s != slab:
            slab = s
            first, end = slab_edges(boxes, i, s)
            first, end = max(first, boxes.bbox[j, 4]), min(end, boxes.bbox[j, 5])
            share = 0.0
            if first < end:
                shape = ellipse_on(boxes, j, first, end)
                share = recorded(first, end, boxes.xyz[j, 2], boxes.rate[j], correction, profiles.extent)
        p[k] = 0.0
        if share > 0.0:
            u, v = x + 0.5 - shape.x, y + 0.5 - shape.y
            if (shape.c1x * u + shape.c1y * v) ** 2 + (shape.c2x * u + shape.c2y * v) ** 2 <= radius:
                p[k] = share * density_at(shape, u, v, profiles.ratio[row], profiles.step)
                total += p[k]
    return total


@kernel
def _invert(normal, inverse):
    """Fill ``inverse`` with that of ``normal`` (m, m), positive definite; whether its first row can be told.

    Gauss and Jordan, on the matrix scaled to a diagonal of ones, the first row last. Another row that those before it
    make up (two neighbours in one place) is left out: its row and column are 0.
    """
    m = len(normal)
    scale, work = np.zeros(m), np.empty((m, m))
    for a in range(m):
        if normal[a, a] > 0:
            scale[a] = 1 / math.sqrt(normal[a, a])
    for a in range(m):
        for b in range(m):
            work[a, b] = normal[a, b] * scale[a] * scale[b]
            inverse[a, b] = 1.0 if a == b else 0.0
    for k in range(m - 1, -1, -1):
        if work[k, k] < LEAST_PIVOT:
            if k == 0:
                return False
            for b in range(m):
                work[k, b] = work[b, k] = inverse[k, b] = inverse[b, k] = 0.0
            continue
        pivot = 1 / work[k, k]
        for b in range(m):
            work[k, b] *= pivot
            inverse[k, b] *= pivot
        for a in range(m):
            factor = work[a, k]
            if a != k and factor != 0.0:
                for b in range(m):
                    work[a, b] -= factor * work[k, b]
                    inverse[a, b] -= factor * inverse[k, b]
    for a in range(m):
        for b in range(m):
            inverse[a, b] *= scale[a] * scale[b]
    return True


@kernel
def _solve_together(pixels, others, floor, intensity, variance, normal, inverse, drift):
    """Whether the intensities (m,) of greatest likelihood were found; the first is that of the reflection.

    others: (m - 1, n) the neighbours' profiles. Filled: variance (n,) of each pixel, normal and inverse (m, m), and
    drift (m,), by how much the intensities grow where the background is less by one a pixel.
    """
    n, m = len(pixels), len(intensity)
    right, shares = np.empty(m), np.empty(m)
    intensity[:] = 0.0
    for step in range(STEPS):
        normal[:] = 0.0
        right[:] = 0.0
        shares[:] = 0.0
        for k in range(n):
            v, p = max(pixels[k, 1], floor) + pixels[k, 3] + max(intensity[0], 0.0) * pixels[k, 2], pixels[k, 2]
            for a in range(m - 1):
                v += max(intensity[a + 1], 0.0) * others[a, k]
            if step == 0:
                v = max(v, abs(pixels[k, 0]))  # no intensity is known yet
            variance[k] = v
            for a in range(m):
                q = p if a == 0 else others[a - 1, k]
                if q == 0.0:
                    continue
                right[a] += q * (pixels[k, 0] - pixels[k, 1]) / v
                shares[a] += q / v
                normal[a, 0] += q * p / v
                for b in range(1, a + 1):
                    normal[a, b] += q * others[b - 1, k] / v
        for a in range(m):
            for b in range(a):
                normal[b, a] = normal[a, b]
        if not _invert(normal, inverse):
            return False
        change = 0.0
        for a in range(m):
            new = 0.0
            drift[a] = 0.0
            for b in range(m):
                new += inverse[a, b] * right[b]
                drift[a] += inverse[a, b] * shares[b]
            if inverse[a, a] > 0:
                change = max(change, abs(new - intensity[a]) / math.sqrt(inverse[a, a]))
            intensity[a] = new
        if step > 0 and change < 1e-3:
            break
    return True


@kernel
def _variance_of(pixels, others, places, solved, lacks, n_own, level):
    """The variance of the sum over the reflection's own pixels and of ``lacks`` (m,) times the intensities.

    Without own pixels, n_own = 0, of the latter alone. solved: intensities (m,), variance of each pixel (n,), inverse
    (m, m), drift (m,); level: variance of the background a pixel. A pixel's share in the result, squared, times its
    variance and that of what the neighbours have there by a profile of which each is a little off.
    """
    intensity, variance, inverse, drift = solved
    m, total, from_background = len(intensity), 0.0, float(n_own)
    reach = np.zeros(m)
    for a in range(m):
        from_background += lacks[a] * drift[a]
        for b in range(m):
            reach[a] += lacks[b] * inverse[b, a]
    for k in range(len(pixels)):
        share, tail = reach[0] * pixels[k, 2], 0.0
        for a in range(1, m):
            share += reach[a] * others[a - 1, k]
            tail += max(intensity[a], 0.0) * others[a - 1, k]
        share /= variance[k]
        if n_own and places[k, 3]:
            share += 1.0
        total += share**2 * (variance[k] + (SPOT_SCATTER * tail) ** 2)
    return total + level * from_background**2


@kernel
def _sum_own(pixels, others, places, solved, level, total):
    """Fill ``total``, intensity and variance, with the sum over the reflection's own pixels, less what neighbours have
    there and with what it has on theirs; see :func:`_variance_of`.
    """
    intensity = solved[0]
    lacks, net, n_own = np.zeros(len(intensity)), 0.0, 0
    for k in range(len(pixels)):
        if places[k, 3]:
            net += pixels[k, 0] - pixels[k, 1]
            n_own += 1
            for a in range(1, len(intensity)):
                lacks[a] -= others[a - 1, k]
        else:
            lacks[0] += pixels[k, 2]
    for a in range(len(intensity)):
        net += lacks[a] * intensity[a]
    total[0], total[1] = net, _variance_of(pixels, others, places, solved, lacks, n_own, level)


@kernel
def fit_overlapping(boxes, panels, patches, crowd, members, row, profiles, background, used, total, fitted, told):
    """Fill the rows of ``members`` (numbers in ``crowd``) of ``fitted`` (N, 7), as ``fit_profile`` does.

    And of ``total`` (N, 4) the sum and its variance, without what neighbours have on the pixels it was taken over and
    with what is lost to them; of ``told`` (N,) the share that is left of what the pixels would tell of the intensity if
    the neighbours' were known. Where a neighbour's profile is the same, told is 0, and so is ``fitted``.
    """
    slabs, elements = longest(boxes, crowd.live[members])
    near = np.empty(most_neighbours(boxes, crowd, members), np.int64)
    pixels, places, slab = np.empty((elements, 4)), np.empty((elements, 4), np.int32), np.empty(slabs)
    for m in members:
        i = crowd.live[m]
        fitted[i] = 0.0
        told[i] = 0.0
        n, share = profile_of(boxes, panels, patches, i, row[i], profiles, background[i], slab, pixels, places, fitted)
        if n == 0:
            continue
        n_near, n_others = neighbours(boxes, crowd, m, near), 0
        others = np.empty((n_near, n))
        for at in range(n_near):
            j = near[at]
            if _add_neighbour(boxes, i, j, row[j], profiles, places[:n], others[n_others]) > 0:
                n_others += 1
        intensity, drift, variance = np.empty(n_others + 1), np.empty(n_others + 1), np.empty(n)
        normal, inverse = np.empty((n_others + 1, n_others + 1)), np.empty((n_others + 1, n_others + 1))
        floor = LEAST_COUNT / max(used[i], 1)
        if not _solve_together(pixels[:n], others[:n_others], floor, intensity, variance, normal, inverse, drift):
            continue
        level = (max(background[i, 0], floor) + background[i, 5]) / max(used[i], 1)
        solved, alone = (intensity, variance, inverse, drift), np.zeros(n_others + 1)
        alone[0] = 1.0
        _sum_own(pixels[:n], others[:n_others], places[:n], solved, level, total[i])
        fitted[i, 0] = intensity[0]
        fitted[i, 1] = _variance_of(pixels[:n], others[:n_others], places[:n], solved, alone, 0, level)
        told[i] = 1 / (normal[0, 0] * inverse[0, 0])
        for k in range(n):
            for a in range(n_others):
                pixels[k, 0] -= intensity[a + 1] * others[a, k]
        fitted[i, 2], fitted[i, 3] = agreement(pixels[:n], intensity[0])
        fitted[i, 5] = share / fitted[i, 4]
        fitted[i, 6] = n
