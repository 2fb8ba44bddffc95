"""Unpacking the pixels of CBF images that are packed in blocks of bits (``x-CBF_PACKED``)."""

import numpy as np

from gnomon.kernels.bits import block_at, difference_at
from gnomon.kernels.jit import kernel


@kernel
def _mean(total, k):
    """The mean of 2^k numbers that add up to ``total``, rounded."""
    return (total + ((1 << k) >> 1)) >> k


@kernel
def _predicted(pixels, z, y, x):
    """What the pixel is expected to be from those before it: the mean of its neighbours, if they have been unpacked."""
    last = pixels.shape[2] - 1
    here = pixels[z]
    if y == 0:
        if x > 0:
            return np.int64(here[0, x - 1])
        return np.int64(pixels[z - 1, 0, 0]) if z > 0 else np.int64(0)
    if x == 0:
        total = np.int64(here[y - 1, 0]) + here[y - 1, min(1, last)]
        if z == 0:
            return _mean(total, 1)
        return _mean(total + pixels[z - 1, y - 1, 0] + pixels[z - 1, y - 1, min(1, last)], 2)
    total = np.int64(here[y, x - 1]) + here[y - 1, x]
    if z > 0:
        total += np.int64(pixels[z - 1, y, x]) + pixels[z - 1, y - 1, x]
    if x == last:
        return _mean(total, 1 if z == 0 else 2)
    total += np.int64(here[y - 1, x - 1]) + here[y - 1, x + 1]
    if z == 0:
        return _mean(total, 2)
    return _mean(total + pixels[z - 1, y - 1, x - 1] + pixels[z - 1, y - 1, x + 1], 3)


@kernel
def unpack_cbf_packed(packed, pixels):
    """The number of pixels unpacked; fewer than ``pixels.size`` where ``packed`` ends early.

    packed: (n,) uint8, bits from the lowest on; pixels: (planes, slow, fast) int32, written. Each block: three bits k,
    so that 2^k pixels follow, and three that choose 0, 4, 5, 6, 7, 8, 16 or 65 bits a pixel: its difference from the
    rounded mean of the neighbours before it, in the row, the row above and the plane before (J. P. Abrahams; Hammersley
    et al., Int. Tables G (2006), 5.6.3.2). How edges and planes are predicted was found on images of two XFEL
    detectors, whose pixels CBFlib gives: the mean of up and up-right on the left edge, of left and up on the right.
    """
    slow, fast = pixels.shape[1:]
    end = 8 * np.int64(packed.size)
    at = np.int64(0)
    k = 0
    while k < pixels.size:
        if at + 6 > end:
            return k
        count, bits = block_at(packed, at, 65)
        at += 6
        for _ in range(min(count, pixels.size - k)):
            if at + bits > end:
                return k
            step = difference_at(packed, at, min(bits, 32))  # of 65, pixels of 32 bits need no more
            at += bits
            z, rest = k // (slow * fast), k % (slow * fast)
            y, x = rest // fast, rest % fast
            pixels[z, y, x] = np.int32(_predicted(pixels, z, y, x) + step)
            k += 1
    return k
