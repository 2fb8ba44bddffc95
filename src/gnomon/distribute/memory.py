"""What the allocator keeps: large blocks go back to the system when they are freed."""

from __future__ import annotations

import ctypes

MMAP_THRESHOLD = -3
"""glibc's M_MMAP_THRESHOLD: blocks of this size and more are mapped by themselves."""
LARGE = 1_000_000
"""Bytes: below the packed images that each thread fetches. Left alone, glibc raises the threshold to the largest block
ever freed, and every thread keeps some: 100 MB at 16M pixels."""


def give_back_large_blocks() -> None:
    """Have freed blocks of LARGE bytes given back at once, where the C library is glibc; elsewhere do nothing."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, LARGE)
