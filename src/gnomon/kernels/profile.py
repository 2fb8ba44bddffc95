"""Reference profiles: learning them from strong spots, and fitting them to all.

The share of a reflection that a pixel records is ``area g(c1, c2) ratio(c1, c2) [F(c3 end) - F(c3 start)]``: g is the
Gaussian of sigma_b, ``ratio`` a learned correction on a grid (bilinear between nodes), and F the Gaussian cumulative
rocking curve of sigma_m plus a learned correction ``bend`` (linear between nodes). Coordinates are in sigma_b and
sigma_m. Values at pixel centres describe the spot as pixels see it (the effective point-spread function of
Anderson & King 2000, PASP 112, 1360), so nothing is deconvolved and no pixel need be split.
"""

from __future__ import annotations

import math

import numpy as np

from gnomon.kernels.jit import kernel
from gnomon.kernels.shoebox import OVERLOAD, fill_shifts, local_coordinates, longest_box

LEAST_SLAB = 0.02
"""Frames that should hold less of a spot are not learned from: they hold more noise than shape."""


@kernel
def _normal(c):
    """The normal cumulative distribution at c."""
    return 0.5 * (1 + math.erf(c / math.sqrt(2.0)))


@kernel
def rocking_cumulative(c, bend, extent):
    """F(c) in 0..1: the normal cumulative plus ``bend`` (m,), whose nodes run evenly from -extent to extent."""
    m = bend.size
    t = min(max((c + extent) / (2 * extent) * (m - 1), 0.0), m - 1.0)
    k = min(int(t), m - 2)
    value = _normal(c) + bend[k] + (t - k) * (bend[k + 1] - bend[k])
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
def learn_profile(
    ring, which, weight, bbox, start, width, local, inverse_b, rate, z_cal, shear, area, radius, gain, pedestal,
    background, intensity, step, grid, shares, spread,
):  # fmt: skip
    """Nothing; adds the spots ``which`` (M,), with ``weight`` (M,), to the sums of a reference profile.

    grid: (4, n, n): observed share, expected share of the Gaussian, variance of the observed, and squared expected
    share, over nodes ``step`` sigma_b apart. shares: (M, n_frames), overwritten with the share of each spot that each
    frame of its shoebox recorded. spread: (M, 4), overwritten with the second moments of the observed share along c1
    and c2 (sigma_b^2) and of the Gaussian's, on the same pixels.
    area: (N,) of a pixel in sigma_b^2; intensity: (N,) summed intensity; background: (N, 6); others as for
    ``sum_reflections``.
    """
    n_ring, half = ring.shape[0], grid.shape[1] // 2
    longest = longest_box(bbox, which)[0]
    shifts, slab = np.empty((longest, 2)), np.empty(longest)
    shares[:] = 0.0
    spread[:] = 0.0
    for row in range(which.size):
        i = which[row]
        x0, x1, y0, y1, z0, z1 = bbox[i]
        scale, inside = 1 / intensity[i], 0.0
        fill_shifts(rate[i], z_cal[i], shear[i], z0, z1, shifts)
        for z in range(z0, z1):
            slab[z - z0] = _normal(rate[i] * (z + 1 - z_cal[i])) - _normal(rate[i] * (z - z_cal[i]))
            inside += slab[z - z0]
        for k in range(z1 - z0):
            slab[k] /= inside
        for y in range(y0, y1):
            for x in range(x0, x1):
                c1, c2 = local_coordinates(local[i], inverse_b[i], x, y)
                if abs(c2) > radius[i]:
                    continue
                plane = background[i, 0] + background[i, 1] * (x + 0.5 - 0.5 * (x0 + x1))
                plane += background[i, 2] * (y + 0.5 - 0.5 * (y0 + y1))
                for z in range(z0, z1):
                    u, broad = (c1 - shifts[z - z0, 0]) / shifts[z - z0, 1], shifts[z - z0, 1]
                    if u * u + c2 * c2 > radius[i] * radius[i]:
                        continue
                    raw = ring[z % n_ring, start[i] + y * width[i] + x]
                    value = (raw - pedestal[i]) / gain[i]
                    share = (value - plane - background[i, 3] * (z + 0.5 - 0.5 * (z0 + z1))) * scale
                    shares[row, z - z0] += share
                    if slab[z - z0] < LEAST_SLAB:
                        continue
                    noise = max(value, 0.0) * scale * scale
                    model = slab[z - z0] * area[i] / (2 * math.pi * broad) * math.exp(-0.5 * (u * u + c2 * c2))
                    spread[row, 0] += share * u * u
                    spread[row, 1] += share * c2 * c2
                    spread[row, 2] += model * u * u
                    spread[row, 3] += model * c2 * c2
                    kx, fx = _node(u, half, step)
                    ky, fy = _node(c2, half, step)
                    for dy in range(2):
                        for dx in range(2):
                            part = weight[row] * (fx if dx else 1 - fx) * (fy if dy else 1 - fy)
                            grid[0, ky + dy, kx + dx] += part * share
                            grid[1, ky + dy, kx + dx] += part * model
                            grid[2, ky + dy, kx + dx] += part * part * noise
                            grid[3, ky + dy, kx + dx] += part * part * model * model


@kernel
def _model_pixels(ring, owner, i, box, start, width, local, inverse_b, area, radius, scale, plane, ratio, slab, shifts,
                  step, pixels):  # fmt: skip
    """Rows filled of ``pixels`` (P, 3), data, background and profile, and the profile's sum over all the foreground.

    The rows are those of the pixels that reflection i can use.
    """
    x0, x1, y0, y1, z0, z1 = box
    n_ring, half, n, whole = ring.shape[0], ratio.shape[0] // 2, 0, 0.0
    for y in range(y0, y1):
        for x in range(x0, x1):
            c1, c2 = local_coordinates(local, inverse_b, x, y)
            if abs(c2) > radius:
                continue
            ky, fy = _node(c2, half, step)
            level = plane[0] + plane[1] * (x + 0.5 - 0.5 * (x0 + x1)) + plane[2] * (y + 0.5 - 0.5 * (y0 + y1))
            at = start + y * width + x
            for z in range(z0, z1):
                u, broad = (c1 - shifts[z - z0, 0]) / shifts[z - z0, 1], shifts[z - z0, 1]
                if u * u + c2 * c2 > radius * radius:
                    continue
                kx, fx = _node(u, half, step)
                p = (1 - fy) * ((1 - fx) * ratio[ky, kx] + fx * ratio[ky, kx + 1])
                p += fy * ((1 - fx) * ratio[ky + 1, kx] + fx * ratio[ky + 1, kx + 1])
                p *= slab[z - z0] * area / (2 * math.pi * broad) * math.exp(-0.5 * (u * u + c2 * c2))
                whole += p
                raw = ring[z % n_ring, at]
                if raw <= OVERLOAD or owner[z % n_ring, at] != i:
                    continue
                pixels[n, 0] = (raw - scale[0]) / scale[1]
                pixels[n, 1] = level + plane[3] * (z + 0.5 - 0.5 * (z0 + z1))
                pixels[n, 2] = p
                n += 1
    return n, whole


@kernel
def _solve(pixels, floor):
    """I of greatest Poisson likelihood for ``pixels`` (n, 3), its information, and sum of p / v."""
    intensity, bottom, drift = 0.0, 1.0, 0.0
    for _ in range(30):
        top, bottom, drift = 0.0, 0.0, 0.0
        for d, b, p in pixels:
            inverse_v = 1 / (max(b, floor) + max(intensity, 0.0) * p)
            top += (d - b) * p * inverse_v
            bottom += p * p * inverse_v
            drift += p * inverse_v
        change = top / bottom - intensity
        intensity += change
        if abs(change) < 1e-3 / math.sqrt(bottom):
            break
    return intensity, bottom, drift


@kernel
def _agreement(pixels, intensity):
    """Correlation of d - b with p over ``pixels`` (n, 3), and r.m.s. of (d - b) / I - p (0 where I is not positive)."""
    mean_net, mean_p, misfit = 0.0, 0.0, 0.0
    for d, b, p in pixels:
        mean_net += (d - b) / len(pixels)
        mean_p += p / len(pixels)
        misfit += (d - b - intensity * p) ** 2 / len(pixels)
    both, spread_net, spread_p = 0.0, 0.0, 0.0
    for d, b, p in pixels:
        both += (d - b - mean_net) * (p - mean_p)
        spread_net += (d - b - mean_net) ** 2
        spread_p += (p - mean_p) ** 2
    norm = math.sqrt(spread_net * spread_p)
    return both / norm if norm > 0 else 0.0, math.sqrt(misfit) / intensity if intensity > 0 else 0.0


@kernel
def fit_profile(
    ring, owner, which, region, bbox, start, width, local, inverse_b, rate, z_cal, shear, area, radius, gain,
    pedestal, background, used, cut, ratio, bend, step, extent, fitted,
):  # fmt: skip
    """Nothing; fills rows ``which`` of ``fitted`` (N, 7) with the Poisson maximum-likelihood fit of the profile.

    I solves sum (d - b) p / v = I sum p^2 / v with v = b + I p, iterated: the score equation of Poisson counts, so
    that weak data are not biased by weights of their own noise. fitted: I (of the whole reflection), its variance
    (with that of the background), correlation, r.m.s. of (d - b) / I - p, partiality (share of the rocking curve
    inside the scan), share of that part on the pixels used, and pixels used.
    The profile sums to the partiality over the whole foreground, as the spots it was learned from did, except where
    the foreground is ``cut`` (N,) by the panel's edge and only the mean of all spots tells that sum.
    region: (N,) row of ``ratio`` (n_regions, n, n) and ``bend`` (n_regions, m); used: (N,) background pixels behind
    ``background`` (N, 6).
    """
    longest, largest = longest_box(bbox, which)
    pixels, shifts, slab = np.empty((largest, 3)), np.empty((longest, 2)), np.empty(longest)
    for i in which:
        z0, z1 = bbox[i, 4], bbox[i, 5]
        fitted[i] = 0.0
        for z in range(z0, z1):
            before = rocking_cumulative(rate[i] * (z - z_cal[i]), bend[region[i]], extent)
            after = rocking_cumulative(rate[i] * (z + 1 - z_cal[i]), bend[region[i]], extent)
            slab[z - z0] = max(after - before, 0.0)
            fitted[i, 4] += after - before
        fill_shifts(rate[i], z_cal[i], shear[i], z0, z1, shifts)
        n, whole = _model_pixels(
            ring, owner, i, bbox[i], start[i], width[i], local[i], inverse_b[i], area[i], radius[i],
            (pedestal[i], gain[i]), background[i], ratio[region[i]], slab, shifts, step, pixels,
        )  # fmt: skip
        share = 0.0
        norm = 1.0 if cut[i] or whole <= 0 else fitted[i, 4] / whole
        for k in range(n):
            pixels[k, 2] *= norm
            share += pixels[k, 2]
        if share <= 0 or fitted[i, 4] <= 0:
            continue
        floor = 0.5 / max(used[i], 1)  # less than one count in all the background is not no background
        intensity, bottom, drift = _solve(pixels[:n], floor)
        fitted[i, 0] = intensity
        fitted[i, 1] = 1 / bottom + max(background[i, 0], floor) / max(used[i], 1) * (drift / bottom) ** 2
        fitted[i, 2], fitted[i, 3] = _agreement(pixels[:n], intensity)
        fitted[i, 5] = share / fitted[i, 4]
        fitted[i, 6] = n
