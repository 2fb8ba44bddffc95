"""Unpacking the pixels of Rigaku Oxford Diffraction images: differences along each row."""

import numpy as np

from gnomon.kernels.jit import kernel


@kernel
def _escaped(packed, at, byte):
    """A difference and the byte after it: ``byte`` less 127, or 16 bits (254) or 32 bits (255) from byte ``at`` on.

    The place is beyond ``packed`` where it ends early.
    """
    wide = 0 if byte < 254 else (2 if byte == 254 else 4)
    if at + wide > packed.size:
        return np.int64(0), packed.size + 1
    if wide == 0:
        return np.int64(byte) - 127, at
    value = np.int64(packed[at]) | (np.int64(packed[at + 1]) << 8)
    if wide == 2:
        return (value ^ 0x8000) - 0x8000, at + 2
    value |= (np.int64(packed[at + 2]) << 16) | (np.int64(packed[at + 3]) << 24)
    return (value ^ 0x80000000) - 0x80000000, at + 4


@kernel
def unpack_ty5(packed, pixels):
    """The number of whole rows unpacked; fewer than there are where ``packed`` ends early.

    packed: (n,) uint8; pixels: (slow, fast) int32, written. Each row begins at zero.
    """
    at = 0
    for row in range(pixels.shape[0]):
        value = np.int64(0)
        for i in range(pixels.shape[1]):
            if at >= packed.size:
                return row
            step, at = _escaped(packed, at + 1, packed[at])
            if at > packed.size:
                return row
            value += step
            pixels[row, i] = np.int32(value)
    return pixels.shape[0]


@kernel
def _fields(packed, at, steps):
    """Sixteen differences and the byte after them; beyond ``packed`` where it ends early.

    A byte tells the bits of a difference, of the first eight (low half) and of the second; then come the two fields,
    then, where they have eight bits, the differences that do not fit.
    """
    if at >= packed.size:
        return packed.size + 1
    widths = np.int64(packed[at]) & 15, np.int64(packed[at]) >> 4
    at += 1
    if max(widths[0], widths[1]) > 8 or at + widths[0] + widths[1] > packed.size:
        return packed.size + 1
    for half in range(2):
        width = widths[half]
        word = np.uint64(0)
        for byte in range(width):
            word |= np.uint64(packed[at + byte]) << np.uint64(8 * byte)
        at += width
        mask = np.uint64((np.int64(1) << width) - 1)
        for i in range(8):
            steps[8 * half + i] = np.int64((word >> np.uint64(i * width)) & mask)
    for half in range(2):
        offset = (np.int64(1) << (widths[half] - 1)) - 1 if widths[half] else np.int64(0)
        for i in range(8 * half, 8 * half + 8):
            if widths[half] < 8:
                steps[i] -= offset
            else:
                steps[i], at = _escaped(packed, at, steps[i])
                if at > packed.size:
                    return at
    return at


@kernel
def unpack_rows(packed, pixels):
    """The number of whole rows unpacked (TY6, bit fields); fewer than there are where ``packed`` ends early.

    packed: (n,) uint8; pixels: (slow, fast) int32, written. A row: its first pixel escaped, differences in sixteens,
    the rest escaped one by one.
    """
    steps = np.empty(16, np.int64)
    at = 0
    for row in range(pixels.shape[0]):
        value = np.int64(0)
        i = 0
        while i < pixels.shape[1]:
            count = 1 if i == 0 or pixels.shape[1] - i < 16 else 16
            if at >= packed.size:
                return row
            if count == 16:
                at = _fields(packed, at, steps)
            else:
                steps[0], at = _escaped(packed, at + 1, packed[at])
            if at > packed.size:
                return row
            for k in range(count):
                value += steps[k]
                pixels[row, i + k] = np.int32(value)
            i += count
    return pixels.shape[0]
