"""Unpacking chunks of HDF5 that are bit-shuffled, and packed with LZ4, straight to int32 pixels."""

import numpy as np

from gnomon.kernels.jit import kernel
from gnomon.kernels.lz4 import SLACK, unpack_lz4
from gnomon.kernels.words import load_word

HEADER = 12
"""Bytes of a chunk before its blocks: how many it holds (8), how many a block holds (4), big-endian."""


@kernel
def _big_endian(packed, at):
    return (
        (np.int64(packed[at]) << 24)
        | (np.int64(packed[at + 1]) << 16)
        | (np.int64(packed[at + 2]) << 8)
        | np.int64(packed[at + 3])
    )


@kernel
def _upper(planes, start, width):
    """What the planes from byte ``start`` on hold: 0 nothing, 1 all the same as the first of them, 2 more."""
    some = different = np.uint64(0)
    for at in range(start, len(planes), width):
        for i in range(0, width, 8):
            word = load_word(planes, at + i)
            some |= word
            different |= word ^ load_word(planes, start + i)
    return 2 if different else 1 if some else 0


@kernel
def _to_bytes(planes, width, words):
    """Turns eight planes of bits, each ``width`` bytes, into a byte an item; eight items a word.

    An 8 x 8 bit matrix is transposed in three steps: H. S. Warren, Hacker's Delight (2002), section 7-3.
    """
    a, b, c, d = planes[:width], planes[width:], planes[2 * width :], planes[3 * width :]
    e, f, g, h = planes[4 * width :], planes[5 * width :], planes[6 * width :], planes[7 * width :]
    for i in range(width):
        x = np.uint64(a[i]) | (np.uint64(b[i]) << np.uint64(8))
        x |= (np.uint64(c[i]) << np.uint64(16)) | (np.uint64(d[i]) << np.uint64(24))
        x |= (np.uint64(e[i]) << np.uint64(32)) | (np.uint64(f[i]) << np.uint64(40))
        x |= (np.uint64(g[i]) << np.uint64(48)) | (np.uint64(h[i]) << np.uint64(56))
        t = (x ^ (x >> np.uint64(7))) & np.uint64(0x00AA00AA00AA00AA)
        x ^= t ^ (t << np.uint64(7))
        t = (x ^ (x >> np.uint64(14))) & np.uint64(0x0000CCCC0000CCCC)
        x ^= t ^ (t << np.uint64(14))
        t = (x ^ (x >> np.uint64(28))) & np.uint64(0x00000000F0F0F0F0)
        words[i] = x ^ t ^ (t << np.uint64(28))


@kernel
def _flags(plane, words):
    """Turns a plane of bits into a byte an item, 0 or 1."""
    for i in range(len(plane)):
        x = (np.uint64(plane[i]) * np.uint64(0x0101010101010101)) & np.uint64(0x8040201008040201)
        words[i] = ((x + np.uint64(0x7F7F7F7F7F7F7F7F)) >> np.uint64(7)) & np.uint64(0x0101010101010101)


@kernel
def _unshuffle(planes, item, words, octets, out):
    """Fills ``out`` (8 m,) int32 from 8 ``item`` planes of m bytes each.

    words: (>= m,) uint64, scratch, and octets: the same memory as uint8. Bytes of a pixel from which on all bits are
    alike (the upper three, where counts are small or there is none) are not put together.
    """
    width, n = len(out) // 8, len(out)
    _to_bytes(planes, width, words)
    for i in range(n):
        out[i] = octets[i]
    for k in range(1, item):
        upper = _upper(planes, 8 * k * width, width)
        if upper == 0:
            return
        if item == 4 and upper == 1:
            _flags(planes[8 * k * width : (8 * k + 1) * width], words)
            for i in range(n):
                out[i] -= np.int32(octets[i]) << (8 * k)
            return
        _to_bytes(planes[8 * k * width :], width, words)
        for i in range(n):
            out[i] |= np.int32(octets[i]) << (8 * k)


@kernel
def _finish(packed, at, item, done, out):
    """The last few pixels, from ``done`` on, which are not shuffled; then -1 for the largest of one or two bytes."""
    while done < out.size:
        value = 0
        for k in range(item):
            value |= np.int64(packed[at + k]) << (8 * k)
        out[done] = np.int32(value)
        at += item
        done += 1
    if item < 4:
        none = (1 << (8 * item)) - 1
        for i in range(out.size):
            out[i] = -1 if out[i] == none else out[i]


@kernel
def unpack_bslz4(packed, item, out, planes, words, octets):
    """The number of pixels unpacked from a chunk; fewer than ``out.size`` where it is damaged or cut short.

    packed: (n,) uint8, a chunk as the HDF5 filter 32008 writes it (K. Masui et al. 2015, Astron. Comput. 12, 181);
    item: bytes of a pixel, unsigned or signed of four. out: (m,) int32, the largest number of one or two bytes as -1.
    scratch: planes (block + SLACK,) uint8, and words (block / item / 8,) uint64 with octets, the same memory as uint8;
    block is the header's size of a block, or the size of all pixels if that is less.
    """
    block = _big_endian(packed, 8) if packed.size >= HEADER else 0
    if block <= 0 or block % (8 * item):
        return 0
    block = min(block, out.size // 8 * 8 * item)
    if block > planes.size - SLACK or block > octets.size * item:
        return 0
    at, done = HEADER, 0
    while done + 8 <= out.size:
        n = min(block // item, (out.size - done) // 8 * 8)
        if at + 4 > packed.size:
            return done
        end = at + 4 + _big_endian(packed, at)
        if end > packed.size or unpack_lz4(packed, at + 4, end, n * item, planes) != n * item:
            return done
        _unshuffle(planes[: n * item], item, words, octets, out[done : done + n])
        at = end
        done += n
    if at + (out.size - done) * item != packed.size:
        return min(done, out.size - 1)
    _finish(packed, at, item, done, out)
    return out.size


@kernel
def unshuffle(planes, item, block, out, words, octets):
    """Fills ``out`` (m,) int32 with the pixels whose planes of bits, block after block, are in ``planes`` (m item,).

    item, words, octets, and -1 in ``out``: as :func:`unpack_bslz4`; block: bytes of a block, a multiple of 8 item.
    """
    done, step = 0, block // item
    while done + 8 <= out.size:
        n = min(step, (out.size - done) // 8 * 8)
        _unshuffle(planes[done * item : (done + n) * item], item, words, octets, out[done : done + n])
        done += n
    _finish(planes, done * item, item, done, out)
