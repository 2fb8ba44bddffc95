"""Unpacking the pixels of CBF images."""

import numpy as np

from gnomon.kernels.jit import kernel

BLOCK = 32
"""Differences that are taken at once where all are of one byte, as nearly all are."""


@kernel
def _of_one_byte(block):
    """Whether no byte of the block announces a longer difference."""
    longer = np.uint8(0)
    for i in range(len(block)):
        longer |= np.uint8(block[i] == -128)
    return longer == 0


@kernel
def unpack_byte_offset(packed, pixels):
    """The number of pixels unpacked and of bytes consumed; fewer than ``pixels.size`` where ``packed`` ends early.

    packed: (n,) int8; pixels: (m,) int32, written. Each pixel is the one before plus a difference of one byte, or of
    two after the byte -128, or of four after -32768, or of eight after -2^31 (little-endian; Hammersley, in
    International Tables for Crystallography G (2006), section 5.6.3.4). No byte beyond ``packed`` is touched.
    """
    end = packed.size
    at = 0
    value = np.int64(0)
    k = 0
    singly = 0  # up to here there is a longer difference
    while k < pixels.size:
        if at >= singly and k + BLOCK <= pixels.size and at + BLOCK <= end:
            differences, row = packed[at : at + BLOCK], pixels[k : k + BLOCK]
            if _of_one_byte(differences):
                for i in range(BLOCK):
                    value += differences[i]
                    row[i] = np.int32(value)
                at += BLOCK
                k += BLOCK
                continue
            singly = at + BLOCK
        if at >= end:
            return k, at
        step = np.int64(packed[at])
        size = 1
        if step == -128:
            wide = 1
            escape = np.int64(-128)
            while step == escape and wide < 8:
                at += wide
                wide *= 2
                if at + wide > end:
                    return k, end
                step = np.int64(packed[at + wide - 1])
                for byte in range(wide - 2, -1, -1):
                    step = (step << 8) | (np.int64(packed[at + byte]) & 255)
                escape = -(np.int64(1) << (8 * wide - 1))
            size = wide
        at += size
        value += step
        pixels[k] = np.int32(value)
        k += 1
    return pixels.size, at
