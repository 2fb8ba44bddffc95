"""Frames in a ring, and which reflection owns each pixel.

All panels of an image lie one after the other in one flat row; frame z is kept in row ``z % len(ring)``.
A reflection's local frame ``local`` (3, 3) takes (x + 1/2, y + 1/2, 1) of a pixel to components along Kabsch's e1, e2
and the predicted ray, so that c1 and c2 (radians) are the first two over the length (Kabsch 2010, Acta D66, 133).
"""

from __future__ import annotations

import math

import numpy as np

from gnomon.kernels.jit import kernel

BAD = np.int32(-(2**31))
"""Value of a pixel that is masked or below its trusted range."""
OVERLOAD = np.int32(-(2**31) + 1)
"""Value of a pixel above its trusted range."""
FREE, GUARD = np.int32(-1), np.int32(-2)
"""Owners of pixels that belong to no reflection: background, and the ring round a foreground."""
_R2, _PEAK = math.sqrt(0.5), 1 / math.sqrt(2 * math.pi)


@kernel
def load_frame(frame, mask, low, high, row):
    """Nothing; fills ``row`` (ny nx,) int32 with the counts of ``frame`` (ny, nx), BAD and OVERLOAD where not valid.

    mask: (ny, nx) bool, True where usable; low, high: the trusted range, both ends valid.
    """
    ny, nx = frame.shape
    for y in range(ny):
        for x in range(nx):
            value = frame[y, x]
            if not mask[y, x] or value < low:
                row[y * nx + x] = BAD
            elif value > high:
                row[y * nx + x] = OVERLOAD
            else:
                row[y * nx + x] = value


@kernel
def local_coordinates(local, inverse_b, x, y):
    """c1, c2 of the centre of pixel (x, y), in sigma_b."""
    u = local[0, 0] * (x + 0.5) + local[0, 1] * (y + 0.5) + local[0, 2]
    v = local[1, 0] * (x + 0.5) + local[1, 1] * (y + 0.5) + local[1, 2]
    w = local[2, 0] * (x + 0.5) + local[2, 1] * (y + 0.5) + local[2, 2]
    scale = inverse_b / math.sqrt(u * u + v * v + w * w)
    return u * scale, v * scale


@kernel
def frame_shift(rate, z_cal, shear, z):
    """Where a spot is along c1 on frame z, and how much broader than sigma_b it is there (both in sigma_b).

    A spot moves along c1 by ``shear`` while the rocking angle moves by sigma_m: mean and variance of the part of a
    normal rocking curve that the frame records, times the shear.
    """
    low, high = rate * (z - z_cal), rate * (z + 1 - z_cal)
    if shear == 0.0:
        return 0.0, 1.0
    share = 0.5 * (math.erf(high * _R2) - math.erf(low * _R2))
    if share > 1e-4:
        at_low, at_high = _PEAK * math.exp(-0.5 * low * low), _PEAK * math.exp(-0.5 * high * high)
        mean = (at_low - at_high) / share
        variance = max(1 + (low * at_low - high * at_high) / share - mean * mean, 0.0)
    else:
        mean = low if low > 0 else min(high, 0.0)
        variance = 0.0
    return shear * mean, math.sqrt(1 + shear * shear * variance)


@kernel
def fill_shifts(rate, z_cal, shear, z0, z1, shifts):
    """Nothing; row z - z0 of ``shifts`` (n, 2) holds shift and broadening (``frame_shift``) of frame z."""
    for z in range(z0, z1):
        shifts[z - z0, 0], shifts[z - z0, 1] = frame_shift(rate, z_cal, shear, z)


@kernel
def longest_box(bbox, which):
    """Most frames and most pixels of the shoeboxes ``which`` of ``bbox`` (N, 6); at least 1."""
    frames, pixels = 1, 1
    for i in which:
        x0, x1, y0, y1, z0, z1 = bbox[i]
        frames = max(frames, z1 - z0)
        pixels = max(pixels, (x1 - x0) * (y1 - y0) * (z1 - z0))
    return frames, pixels


@kernel
def claim_pixels(
    owner, which, z_from, z_to, bbox, start, width, local, inverse_b, rate, z_cal, shear, radius, guard, contested
):
    """Nothing; writes into ``owner`` (n_ring, n_pixels) int32 who owns each pixel: FREE, GUARD or the reflection.

    Of several claimants of a foreground pixel the one whose centre is nearest in units of sigma_b and sigma_m owns
    it; each of them is marked in ``contested`` (N,) bool. Round the foreground, out to ``guard``, no pixel is
    background. Only frames z_from <= z < z_to are written, whose rows were FREE before.
    which: (M,) the reflections; bbox: (N, 6); start, width: (N,) where the panel's pixels begin in a row, and its
    fast size; local: (N, 3, 3); inverse_b: (N,) 1 / sigma_b; rate: (N,) c3 / sigma_m a frame; z_cal: (N,);
    shear: (N,) see ``frame_shift``; radius, guard: (N,) in sigma_b.
    """
    n_ring = owner.shape[0]
    shifts = np.empty((longest_box(bbox, which)[0], 2))
    for i in which:
        x0, x1, y0, y1, z0, z1 = bbox[i]
        z0, z1 = max(z0, z_from), min(z1, z_to)
        fill_shifts(rate[i], z_cal[i], shear[i], z0, z1, shifts)
        for y in range(y0, y1):
            for x in range(x0, x1):
                c1, c2 = local_coordinates(local[i], inverse_b[i], x, y)
                if abs(c2) > guard[i]:
                    continue
                at = start[i] + y * width[i] + x
                for z in range(z0, z1):
                    u = (c1 - shifts[z - z0, 0]) / shifts[z - z0, 1]
                    near = u * u + c2 * c2
                    if near > guard[i] * guard[i]:
                        continue
                    other = owner[z % n_ring, at]
                    if near > radius[i] * radius[i]:
                        if other == FREE:
                            owner[z % n_ring, at] = GUARD
                        continue
                    if other < 0:
                        owner[z % n_ring, at] = i
                        continue
                    contested[i] = contested[other] = True
                    mine = near + (rate[i] * (z + 0.5 - z_cal[i])) ** 2
                    d1, d2 = local_coordinates(local[other], inverse_b[other], x, y)
                    shift, broad = frame_shift(rate[other], z_cal[other], shear[other], z)
                    theirs = ((d1 - shift) / broad) ** 2 + d2 * d2
                    theirs += (rate[other] * (z + 0.5 - z_cal[other])) ** 2
                    if mine < theirs or (mine == theirs and i < other):
                        owner[z % n_ring, at] = i
