"""Frames in a ring, and which reflection owns each pixel.

All panels of an image lie one after the other in one flat row; frame z is kept in row ``z % len(ring)``.
A reflection's local frame ``local`` (3, 3) takes (x + 1/2, y + 1/2, 1) of a pixel to components along Kabsch's e1, e2
and the predicted ray, so that c1 and c2 (radians) are the first two over the length (Kabsch 2010, Acta D66, 133).
"""

from __future__ import annotations

import numpy as np

from gnomon.kernels.jit import kernel

BAD = np.int32(-(2**31))
"""Value of a pixel that is masked or below its trusted range."""
OVERLOAD = np.int32(-(2**31) + 1)
"""Value of a pixel above its trusted range."""


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
def _distance2(local, inverse_b, x, y):
    """(c1^2 + c2^2) / sigma_b^2 of the centre of pixel (x, y)."""
    u = local[0, 0] * (x + 0.5) + local[0, 1] * (y + 0.5) + local[0, 2]
    v = local[1, 0] * (x + 0.5) + local[1, 1] * (y + 0.5) + local[1, 2]
    w = local[2, 0] * (x + 0.5) + local[2, 1] * (y + 0.5) + local[2, 2]
    return (u * u + v * v) / (u * u + v * v + w * w) * inverse_b * inverse_b


@kernel
def claim_pixels(owner, which, z_from, z_to, bbox, start, width, local, inverse_b, rate, z_cal, radius, contested):
    """Nothing; writes into ``owner`` (n_ring, n_pixels) int32 the reflection that owns each foreground pixel.

    Of several claimants the one whose centre is nearest in units of sigma_b and sigma_m owns the pixel; each of them
    is marked in ``contested`` (N,) bool. Only frames z_from <= z < z_to are written, whose rows held -1 before.
    which: (M,) the reflections; bbox: (N, 6); start, width: (N,) where the panel's pixels begin in a row, and its
    fast size; local: (N, 3, 3); inverse_b: (N,) 1 / sigma_b; rate: (N,) c3 / sigma_m a frame; z_cal: (N,);
    radius: (N,) of the foreground in sigma_b.
    """
    n_ring = owner.shape[0]
    for i in which:
        x0, x1, y0, y1, z0, z1 = bbox[i]
        z0, z1 = max(z0, z_from), min(z1, z_to)
        for y in range(y0, y1):
            for x in range(x0, x1):
                near = _distance2(local[i], inverse_b[i], x, y)
                if near > radius[i] * radius[i]:
                    continue
                at = start[i] + y * width[i] + x
                for z in range(z0, z1):
                    other = owner[z % n_ring, at]
                    if other < 0:
                        owner[z % n_ring, at] = i
                        continue
                    contested[i] = contested[other] = True
                    mine = near + (rate[i] * (z + 0.5 - z_cal[i])) ** 2
                    theirs = _distance2(local[other], inverse_b[other], x, y)
                    theirs += (rate[other] * (z + 0.5 - z_cal[other])) ** 2
                    if mine < theirs or (mine == theirs and i < other):
                        owner[z % n_ring, at] = i
