"""Byte-offset compression, as CBF files have it."""

import numpy as np

from gnomon.kernels.jit import kernel


@kernel
def encode_byte_offset(values, out):
    """The number of bytes of ``values`` (N,) int32 in CBF byte-offset compression, written to ``out`` uint8.

    Each value is its difference from the one before in one byte, or 0x80 and two bytes, or 0x80 0x8000 and four
    (little-endian; imgCIF, International Tables G, 5.6.3.4). ``out`` needs 7 N bytes at most.
    """
    n = 0
    last = np.int64(0)
    for value in values:
        step = np.int64(value) - last
        last = np.int64(value)
        size = 1
        if step < -127 or step > 127:
            out[n] = 0x80
            n += 1
            size = 2
            if step < -32767 or step > 32767:
                out[n], out[n + 1] = 0x00, 0x80
                n += 2
                size = 4
        for _ in range(size):
            out[n] = step & 0xFF
            step >>= 8
            n += 1
    return n
