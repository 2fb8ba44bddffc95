"""Byte-offset compression, against a decoder written from the definition."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.kernels.encode import encode_byte_offset

STEPS = (0, 1, 127, 128, 129, 32766, 32767, 32768, 32769, 2**31 - 1)


def decode(data: bytes, n: int) -> list[int]:
    """International Tables G, 5.6.3.4."""
    values, last, at = [], 0, 0
    for _ in range(n):
        for size, escape in ((1, -0x80), (2, -0x8000), (4, None)):
            step = int.from_bytes(data[at : at + size], "little", signed=True)
            at += size
            if step != escape:
                break
        last += step
        values.append(last)
    assert at == len(data)
    return values


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([s * sign for s in STEPS for sign in (1, -1)]) | st.integers(0, 300), max_size=30))
def test_values_come_back(values):
    array = np.array(values, np.int32)
    array[1::2] //= 2  # keep differences within 32 bits
    array[::2] //= 2
    out = np.empty(7 * len(array), np.uint8)
    n = encode_byte_offset(array, out)
    assert decode(out[:n].tobytes(), len(array)) == array.tolist()


def test_small_differences_take_a_byte():
    out = np.empty(700, np.uint8)
    assert encode_byte_offset(np.arange(100, dtype=np.int32), out) == 100
