"""LZ4 blocks against the format's definition, whole and damaged."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.kernels.lz4 import SLACK, unpack_lz4, unpack_lz4_blocks

GUARD = 64


def extended(length, first):
    """The bytes that follow a token for a length beyond 14."""
    rest = length - first
    return b"" if rest < 0 else b"\xff" * (rest // 255) + bytes([rest % 255])


def packed_lz4(pairs, last):
    """A block of (literal, offset, length) and a last literal."""
    block = b""
    for literal, offset, length in [*pairs, (last, 0, 4)]:
        block += bytes([min(len(literal), 15) << 4 | min(length - 4, 15)]) + extended(len(literal), 15) + literal
        if offset:
            block += offset.to_bytes(2, "little") + extended(length - 4, 15)
    return block


def by_definition(block, size):
    """What the block holds, or None where it is damaged or holds more than ``size`` bytes."""
    out, at = bytearray(), 0

    def length_of(half):
        nonlocal at
        length, more = half, half == 15
        while more:
            length += block[at]
            more = block[at] == 255
            at += 1
        return length

    try:
        while at < len(block):
            token = block[at]
            at += 1
            n = length_of(token >> 4)
            if at + n > len(block) or len(out) + n > size:
                return None
            out += block[at : at + n]
            at += n
            if at == len(block):
                break
            offset = block[at] | block[at + 1] << 8
            at += 2
            n = length_of(token & 15) + 4
            if not 0 < offset <= len(out) or len(out) + n > size:
                return None
            for _ in range(n):
                out.append(out[-offset])
    except IndexError:
        return None
    return bytes(out)


def by_kernel(block, size, before=5, after=3):
    """The same by the kernel, the block amid other bytes; nothing beyond the output's slack may change."""
    packed = np.frombuffer(b"\x11" * before + block + b"\x22" * after, np.uint8)
    memory = np.full(size + SLACK + GUARD, 0xA5, np.uint8)
    n = unpack_lz4(packed, before, before + len(block), size, memory[: size + SLACK])
    assert (memory[size + SLACK :] == 0xA5).all()
    return memory[:n].tobytes() if n >= 0 else None


@st.composite
def blocks(draw):
    """A whole block, with offsets and lengths of every class that the kernel tells apart."""
    pairs, filled = [], 0
    for _ in range(draw(st.integers(0, 8))):
        literal = draw(st.binary(min_size=0 if filled else 1, max_size=draw(st.sampled_from([3, 20, 300]))))
        filled += len(literal)
        offset = draw(st.integers(1, min(filled, draw(st.sampled_from([1, 8, 40, 60_000])))))
        length = draw(st.integers(4, draw(st.sampled_from([6, 18, 40, 700]))))
        pairs.append((literal, offset, length))
        filled += length
    return packed_lz4(pairs, draw(st.binary(max_size=20)))


@settings(max_examples=300, deadline=None)
@given(block=blocks(), after=st.sampled_from([0, 40]))
def test_whole_blocks(block, after):
    expected = by_definition(block, 1 << 20)
    assert by_kernel(block, len(expected), after=after) == expected
    assert by_kernel(block, len(expected) + 9, after=after) == expected
    if expected:
        assert by_kernel(block, len(expected) - 1, after=after) is None


@settings(max_examples=300, deadline=None)
@given(block=blocks(), seed=st.integers(0, 2**32 - 1))
def test_damaged_blocks_are_what_the_definition_says(block, seed):
    rng = np.random.default_rng(seed)
    size = len(by_definition(block, 1 << 20))
    for _ in range(20):
        broken = bytearray(block[: rng.integers(1, len(block) + 1)])
        broken[rng.integers(len(broken))] = rng.integers(256)
        assert by_kernel(bytes(broken), size) == by_definition(bytes(broken), size)


@settings(max_examples=200, deadline=None)
@given(block=st.binary(max_size=60))
def test_any_bytes(block):
    assert by_kernel(block, 100) == by_definition(block, 100)


def test_blocks_one_after_the_other():
    """Three blocks of 100 bytes and one of 40, the second as it is."""
    data = np.random.default_rng(1).integers(0, 256, 340, dtype=np.uint8).tobytes()
    parts = [data[i : i + 100] for i in range(0, 340, 100)]
    blocks = [part if i == 1 else packed_lz4([], part) for i, part in enumerate(parts)]
    chunk = b"head" + b"".join(len(block).to_bytes(4, "big") + block for block in blocks)

    def unpacked(chunk):
        out = np.full(340 + SLACK + GUARD, 77, np.uint8)
        n = unpack_lz4_blocks(np.frombuffer(chunk, np.uint8), 4, 100, 340, out[: 340 + SLACK])
        assert (out[340 + SLACK :] == 77).all()
        return n, out[:340].tobytes()

    assert unpacked(chunk) == (340, data)
    assert unpacked(chunk + b"x")[0] < 340
    for length in range(4, len(chunk)):
        assert unpacked(chunk[:length])[0] < 340
