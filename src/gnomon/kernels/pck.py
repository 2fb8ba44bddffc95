"""Unpacking the pixels of Mar345 images."""

import numpy as np

from gnomon.kernels.bits import block_at, difference_at
from gnomon.kernels.jit import kernel


@kernel
def _signed(count):
    """A count of 16 bits as the packing program has it: with a sign."""
    return (np.int64(count) ^ 0x8000) - 0x8000


@kernel
def unpack_pck(packed, pixels):
    """The number of pixels unpacked; fewer than ``pixels.size`` where ``packed`` ends early.

    packed: (n,) uint8, bits from the lowest on; pixels: (slow, fast) int32, written, 0 to 65535. Each block: three bits
    k, so that 2^k pixels follow, and three that choose 0, 4, 5, 6, 7, 8, 16 or 32 bits a pixel: its difference from the
    pixel before or, after the first row and one, from the rounded mean of that and three of the row above (J. P.
    Abrahams, in the manufacturer's "mar345_formats"). Counts are modulo 2^16.
    """
    flat = pixels.ravel()
    width = pixels.shape[1]
    end = 8 * np.int64(packed.size)
    at = np.int64(0)
    k = 0
    while k < flat.size:
        if at + 6 > end:
            return k
        count, bits = block_at(packed, at, 32)
        at += 6
        for _ in range(min(count, flat.size - k)):
            if at + bits > end:
                return k
            value = difference_at(packed, at, bits)
            at += bits
            if k > width:
                above = _signed(flat[k - width - 1]) + _signed(flat[k - width]) + _signed(flat[k - width + 1])
                near = _signed(flat[k - 1]) + above + 2
                value += near >> 2 if near >= 0 else -(-near >> 2)
            elif k:
                value += flat[k - 1]
            flat[k] = value & 0xFFFF
            k += 1
    return k
