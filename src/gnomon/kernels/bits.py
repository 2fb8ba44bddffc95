"""Numbers of a few bits each, in the order in which two packings of images have them."""

import numpy as np

from gnomon.kernels.jit import kernel


@kernel
def bits_at(packed, at, count):
    """``count`` bits (32 at most) of ``packed`` from bit ``at`` on, the lowest first; they must be there."""
    word = np.int64(0)
    for i in range((at + count + 7 >> 3) - (at >> 3)):
        word |= np.int64(packed[(at >> 3) + i]) << (8 * i)
    return (word >> (at & 7)) & ((np.int64(1) << count) - 1)


@kernel
def block_at(packed, at, longest):
    """Pixels of the block whose six bits of head are at bit ``at``, and bits a pixel; ``longest``: of the last kind."""
    head = bits_at(packed, at, 6)
    kind = head >> 3
    return 1 << (head & 7), 0 if kind == 0 else (kind + 3 if kind < 6 else (16 if kind == 6 else longest))


@kernel
def difference_at(packed, at, count):
    """The number with a sign in ``count`` bits (32 at most) from bit ``at`` on."""
    value = bits_at(packed, at, count)
    return value - (np.int64(1) << count) if count and value >> (count - 1) else value
