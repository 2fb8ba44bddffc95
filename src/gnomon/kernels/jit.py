"""The one decorator of this floor."""

from numba import njit

kernel = njit(cache=True, nogil=True)
"""Compile at first call, keep on disk, release the GIL; threads come from ``distribute``."""
