"""Unpacking LZ4 blocks."""

import numpy as np

from gnomon.kernels.jit import kernel
from gnomon.kernels.words import load_word, store_word

SLACK = 32
"""Bytes that the output has beyond what it is to hold, since copies go on in whole words."""
_DAMAGED = -1
_OVER = tuple(np.uint64(sum(1 << 8 * at for at in range(0, 8, n))) if n else np.uint64(0) for n in range(8))
"""What a word that holds n bytes is multiplied by to hold them over and over."""
_WHOLE = (0, 8, 8, 9, 8, 10, 12, 14)
"""The first multiple of n from 8 on."""


@kernel
def _length(packed, at, end, length):
    """A length that goes on in further bytes, each 255 but the last, and where they end; -1 where they do not."""
    more = 255
    while more == 255:
        if at >= end:
            return _DAMAGED, at
        more = np.int64(packed[at])
        length += more
        at += 1
    return length, at


@kernel
def _copy(source, start, out, filled, length):
    """Bytes from ``start`` of ``source``, 32 at once; up to 31 too many. Most are few: no loop for up to 32."""
    i = 0
    while True:
        a, b = load_word(source, start + i), load_word(source, start + i + 8)
        c, d = load_word(source, start + i + 16), load_word(source, start + i + 24)
        store_word(out, filled + i, a)
        store_word(out, filled + i + 8, b)
        store_word(out, filled + i + 16, c)
        store_word(out, filled + i + 24, d)
        i += 32
        if i >= length:
            return


@kernel
def _repeat(out, filled, offset, length):
    """Bytes that were written ``offset`` before, which may be fewer than ``length``; up to 31 too many."""
    if offset >= 32:
        _copy(out, filled - offset, out, filled, length)
        return
    i, back = 0, offset
    if offset < 8:  # so few bytes over and over: a word of them, then words at a multiple of their number
        few = load_word(out, filled - offset) & ((np.uint64(1) << np.uint64(8 * offset)) - np.uint64(1))
        store_word(out, filled, few * _OVER[offset])
        i, back = 8, _WHOLE[offset]
    while i < length:
        store_word(out, filled + i, load_word(out, filled + i - back))
        i += 8


@kernel
def unpack_lz4(packed, at, end, size, out):
    """The number of bytes written, ``size`` where all is well; -1 where the block is damaged.

    packed: (n,) uint8, of which the block is ``at`` to ``end``; out: (>= size + SLACK,) uint8. Nothing beyond either
    is touched, whatever the block holds. The format is Y. Collet's (LZ4 Block Format Description, 2022): pairs of
    bytes as they are and of a distance back and a length to be repeated.
    """
    filled = 0
    while at < end:
        token = np.int64(packed[at])
        at += 1
        length = token >> 4
        if length == 15:
            length, at = _length(packed, at, end, length)
        if length < 0 or at + length > end or filled + length > size:
            return _DAMAGED
        if at + length + SLACK <= packed.size:
            _copy(packed, at, out, filled, length)
        else:
            for i in range(length):
                out[filled + i] = packed[at + i]
        at += length
        filled += length
        if at == end:  # the last pair has no second half
            break
        if at + 2 > end:
            return _DAMAGED
        offset = np.int64(packed[at]) | (np.int64(packed[at + 1]) << 8)
        at += 2
        length = token & 15
        if length == 15:
            length, at = _length(packed, at, end, length)
        if length < 0 or offset == 0 or offset > filled or filled + length + 4 > size:
            return _DAMAGED
        _repeat(out, filled, offset, length + 4)
        filled += length + 4
    return filled


@kernel
def unpack_lz4_blocks(packed, at, block, size, out):
    """The number of bytes written, ``size`` where all is well: the blocks of a chunk, from ``at`` to its end.

    packed: (n,) uint8, as the HDF5 filter 32004 writes it: before each block its length (4 bytes, big-endian), and a
    block that does not shrink as it is. block: bytes that each but the last holds. out: (>= size + SLACK,) uint8.
    """
    done = 0
    while done < size:
        if at + 4 > packed.size:
            return done
        length = 0
        for k in range(4):
            length = length << 8 | np.int64(packed[at + k])
        at += 4
        n = min(block, size - done)
        if at + length > packed.size:
            return done
        if length == n:
            out[done : done + n] = packed[at : at + n]
        elif unpack_lz4(packed, at, at + length, n, out[done:]) != n:
            return done
        at += length
        done += n
    return done if at == packed.size else 0
