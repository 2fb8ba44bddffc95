"""The one decorator of this floor."""

import importlib
from typing import Any

import numba.np.linalg as numba_linalg
from numba import njit
from numba.core import event

from gnomon.kernels import on_first_compile


def _no_blas() -> None:
    raise ImportError("kernels do without np.cov and np.corrcoef")


def _load_numpy_support() -> None:
    """numba's numpy functions, without the scipy.linalg (0.25 s) that it imports to see if np.cov could work.

    numba would do this at the first call of a kernel. np.dot and np.linalg still work, and import scipy when compiled.
    """
    given, numba_linalg.ensure_blas = numba_linalg.ensure_blas, _no_blas
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        numba_linalg.ensure_blas = given


_load_numpy_support()

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
