"""Arrays that are used again for the next image: the pages of 64 MB anew each time cost as much as decoding does."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import DTypeLike


class Buffers(threading.local):
    """Each thread has its own arrays in it, one a name, and keeps them."""

    def __init__(self) -> None:
        self._kept: dict[str, np.ndarray] = {}

    def take(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
        """An array of unknown content, the same memory as the last one of this name in this thread, if that is enough.

        So what was in the last one is lost.
        """
        size = int(np.prod(shape))
        kept = self._kept.get(name)
        if kept is None or kept.size < size or kept.dtype != dtype:
            self._kept.pop(name, None)  # first, so that both are never there
            kept = self._kept[name] = np.empty(size, dtype)
        return kept[:size].reshape(shape)
