"""The one decorator of this floor."""

import functools
import importlib
from collections.abc import Callable
from typing import Any

from numba import njit
from numba.core import event

from gnomon.kernels import on_first_compile
from gnomon.kernels.cache import KernelCache


def kernel(function: Callable[..., Any]) -> Any:
    """Compile at first call, keep on disk, release the GIL; threads come from ``distribute``."""
    dispatcher: Any = njit(nogil=True)(function)  # its type does not tell of the cache
    dispatcher._cache = KernelCache(function)
    return dispatcher


def _no_blas() -> None:
    raise ImportError("kernels do without np.cov and np.corrcoef")


@functools.cache
def _load_numpy_support() -> None:
    """numba's numpy functions, without the scipy.linalg (0.25 s) that it imports to see if np.cov could work.

    numba would do this itself when it compiles. np.dot and np.linalg still work, and import scipy then.
    """
    numba_linalg: Any = importlib.import_module("numba.np.linalg")
    given, numba_linalg.ensure_blas = numba_linalg.ensure_blas, _no_blas
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        numba_linalg.ensure_blas = given


class _Announce(event.Listener):
    """Tells whoever asked that compilation, not loading from the cache, has begun."""

    def on_start(self, event: Any) -> None:
        _load_numpy_support()
        while on_first_compile:
            on_first_compile.pop()()

    def on_end(self, event: Any) -> None:
        pass


event.register("numba:compile", _Announce())
