"""How long a packed image of mar research is."""

import numpy as np

from gnomon.kernels.jit import kernel


@kernel
def pck_bytes(packed, size, version):
    """The number of bytes that ``size`` packed pixels take; more than ``packed.size`` where it ends early.

    packed: (n,) uint8, bits from the lowest on. Each block: three bits k, so that 2^k pixels follow, and three bits
    that choose 0, 4, 5, 6, 7, 8, 16 or 32 bits a pixel (Abrahams, in the manufacturer's "mar345_formats"); version 2
    has four bits each, up to 2^15 pixels and 0, 3, 4, ... 16 or 32 bits.
    """
    field = 3 if version == 1 else 4
    at = np.int64(0)
    done = np.int64(0)
    while done < size:
        first = at >> 3
        if first + 1 >= packed.size:
            return packed.size + 1
        word = (np.int64(packed[first]) | (np.int64(packed[first + 1]) << 8)) >> (at & 7)
        count = np.int64(1) << (word & ((1 << field) - 1))
        kind = (word >> field) & ((1 << field) - 1)
        if version == 1:
            bits = 0 if kind == 0 else (kind + 3 if kind < 6 else (16 if kind == 6 else 32))
        else:
            bits = 0 if kind == 0 else (kind + 2 if kind < 15 else 32)
        at += 2 * field + bits * min(count, size - done)
        done += count
    return (at + 7) >> 3
