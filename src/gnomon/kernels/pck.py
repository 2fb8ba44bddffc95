"""Unpacking the pixels of Mar345 images."""

import numpy as np

from gnomon.kernels.jit import kernel


@kernel
def _bits(packed, at, count):
    """``count`` bits (32 at most) of ``packed`` from bit ``at`` on, the lowest first; they must be there."""
    word = np.int64(0)
    for i in range((at + count + 7 >> 3) - (at >> 3)):
        word |= np.int64(packed[(at >> 3) + i]) << (8 * i)
    return (word >> (at & 7)) & ((np.int64(1) << count) - 1)


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
        head = _bits(packed, at, 6)
        at += 6
        kind = head >> 3
        bits = 0 if kind == 0 else (kind + 3 if kind < 6 else (16 if kind == 6 else 32))
        for _ in range(min(1 << (head & 7), flat.size - k)):
            if at + bits > end:
                return k
            value = _bits(packed, at, bits)
            at += bits
            if bits and value >> (bits - 1):
                value -= np.int64(1) << bits
            if k > width:
                above = _signed(flat[k - width - 1]) + _signed(flat[k - width]) + _signed(flat[k - width + 1])
                near = _signed(flat[k - 1]) + above + 2
                value += near >> 2 if near >= 0 else -(-near >> 2)
            elif k:
                value += flat[k - 1]
            flat[k] = value & 0xFFFF
            k += 1
    return k
