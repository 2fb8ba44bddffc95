"""The only numba: arrays and scalars in, arrays out; one loop nest, one idea."""

from __future__ import annotations

from collections.abc import Callable

on_first_compile: list[Callable[[], None]] = []
"""Called once when a kernel is not in the disk cache and must be compiled; the command line says so to the user."""

on_unkept: list[Callable[[str], None]] = []
"""Called once, with the reason, when a compiled kernel cannot be kept for the next run."""
