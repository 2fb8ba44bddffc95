"""Numbers as flex arrays wrote them into pickles: each a length byte and then as many bytes as it needs.

An integer is its length byte (which counts itself, 0x80 for minus) and its magnitude, least byte first; zero is
the length byte 0 alone. A real number is a mantissa below one, highest byte first, and unless that is zero a
power of two written as an integer. Worked out from files and checked against the values that DIALS reads.
"""

from __future__ import annotations

import numpy as np

_LENGTH, _MINUS = 0x7F, 0x80


class FlexBytes:
    """The bytes of one array, read from the front. Past the end every method raises IndexError or ValueError."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def integer(self) -> int:
        """The next integer."""
        head = self.data[self.at]
        size = head & _LENGTH or 1
        magnitude = int.from_bytes(self.data[self.at + 1 : self.at + size], "little")
        self.at += size
        return -magnitude if head & _MINUS else magnitude

    def integers(self, count: int) -> list[int]:
        """Where each of the next ``count`` integers starts."""
        starts, at, data = [], self.at, self.data
        for _ in range(count):
            starts.append(at)
            at += data[at] & _LENGTH or 1
        self.at = at
        return starts

    def reals(self, count: int) -> list[int]:
        """Where each of the next ``count`` real numbers starts."""
        starts, at, data = [], self.at, self.data
        for _ in range(count):
            starts.append(at)
            size = data[at] & _LENGTH
            at += size or 1
            if size:
                at += data[at] & _LENGTH or 1
        self.at = at
        return starts

    def truths(self, count: int) -> np.ndarray:
        """(count,) bool: the next characters 0 and 1."""
        text = np.frombuffer(self.data, np.uint8, count, self.at)
        self.at += count
        if not np.isin(text, (ord("0"), ord("1"))).all():
            raise ValueError("truth values other than 0 and 1")
        return text == ord("1")

    def finish(self) -> None:
        """Raises ValueError unless exactly all bytes have been read."""
        if self.at != len(self.data):
            raise ValueError(f"{len(self.data)} bytes of numbers, expected {self.at}")


def integers_at(data: bytes, starts: list[int]) -> np.ndarray:
    """(n,) int64: the integers that start there (above 2**63 they wrap, and are right again as uint64)."""
    raw, at, size, minus = _heads(data, starts)
    values = np.zeros(len(at), np.uint64)
    for k in range(_longest(size)):
        byte = np.where(k < size, raw[at + 1 + k], 0).astype(np.uint64)
        values |= byte << np.uint64(8 * k)
    signed = values.astype(np.int64)
    return np.where(minus, -signed, signed)


def reals_at(data: bytes, starts: list[int]) -> np.ndarray:
    """(n,) float64: the real numbers that start there, to the last bit."""
    raw, at, size, minus = _heads(data, starts)
    mantissa = np.zeros(len(at), np.uint64)
    for k in range(_longest(size)):
        byte = raw[at + 1 + k].astype(np.uint64)
        mantissa = np.where(k < size, mantissa << np.uint64(8) | byte, mantissa)
    values = np.zeros(len(at))
    some = np.flatnonzero(raw[at] & _LENGTH)
    power = integers_at(data, (at[some] + size[some] + 1).tolist()) - 8 * size[some]
    with np.errstate(over="ignore"):  # only a broken file has such powers; it then shows as inf
        values[some] = np.ldexp(mantissa[some].astype(np.float64), power)
    return np.where(minus, -values, values)


def _heads(data: bytes, starts: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The bytes (some zeros after them, to index past a short last number), starts, payload sizes and signs."""
    raw = np.frombuffer(data + bytes(9), np.uint8)
    at = np.array(starts, np.int64)
    head = raw[at]
    return raw, at, np.maximum(head & _LENGTH, 1).astype(np.int64) - 1, (head & _MINUS) != 0


def _longest(size: np.ndarray) -> int:
    longest = int(size.max(initial=0))
    if longest > 8:
        raise ValueError(f"a number of {longest} bytes")
    return longest
