"""The one decorator of this floor."""

from typing import Any

from numba import njit
from numba.core import event

from gnomon.kernels import on_first_compile

kernel = njit(cache=True, nogil=True)
"""Compile at first call, keep on disk, release the GIL; threads come from ``distribute``."""


class _Announce(event.Listener):
    """Tells whoever asked that compilation, not loading from the cache, has begun."""

    def on_start(self, event: Any) -> None:
        while on_first_compile:
            on_first_compile.pop()()

    def on_end(self, event: Any) -> None:
        pass


event.register("numba:compile", _Announce())
