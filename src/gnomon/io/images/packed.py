"""Images in two steps: what lies on disk, fetched ahead by a thread, and pixels, unpacked by the workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from gnomon.distribute.workers import ahead
from gnomon.io.images.buffers import Buffers
from gnomon.io.images.registry import ImageReader

_AHEAD = 2
"""Images that are fetched before a worker asks for them."""


@runtime_checkable
class PackedReader(Protocol):
    """An :class:`ImageReader` that can tell reading from unpacking; safe to call from many threads."""

    def fetch(self, number: int) -> Any:
        """What is on disk of image ``number``. Raises InputError where it is not there."""

    def unpack(self, packed: Any, buffers: Buffers) -> tuple[np.ndarray, ...]:
        """A (slow, fast) int32 array a panel, in ``buffers``: good until the thread unpacks the next image."""


@dataclass(frozen=True)
class _Whole:
    """A reader that cannot tell reading from unpacking, as one that can: nothing is fetched ahead."""

    reader: ImageReader

    def fetch(self, number: int) -> int:
        return number

    def unpack(self, packed: int, buffers: Buffers) -> tuple[np.ndarray, ...]:
        return self.reader.read(packed)


def in_two_steps(reader: ImageReader) -> PackedReader:
    """The reader as one that fetches and unpacks."""
    return reader if isinstance(reader, PackedReader) else _Whole(reader)


class PackedImages:
    """The images of a reader, fetched ahead where it can."""

    def __init__(self, reader: ImageReader) -> None:
        self._reader = in_two_steps(reader)
        self._buffers = Buffers()

    def fetched(self, numbers: Iterable[int]) -> Iterator[Callable[[], Any]]:
        """For each image, in order, what gives it to :meth:`pixels`; only ``numbers`` are read, few of them ahead."""
        return ahead(self._reader.fetch, numbers, _AHEAD)

    def pixels(self, fetched: Callable[[], Any]) -> tuple[np.ndarray, ...]:
        """A (slow, fast) int32 array a panel, good until the thread asks for the next. Raises InputError."""
        return self._reader.unpack(fetched(), self._buffers)
