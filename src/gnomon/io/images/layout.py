"""Pixels as they lie in a file, one after the other, and as panels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.errors import InputError
from gnomon.models.detector import Panel

_LARGEST = np.iinfo(np.int32).max


def unpacked_pixels(path: str, data: bytes, start: int, dtype: np.dtype, shape: tuple[int, int]) -> np.ndarray:
    """The pixels, (slow, fast) int32, that lie from byte ``start`` of ``data`` on.

    Raises InputError where the bytes are fewer than ``shape`` needs, or more and not zero (padding is zero).
    """
    needed = start + shape[0] * shape[1] * dtype.itemsize
    if len(data) < needed:
        raise InputError(f"{path}: cut short, {len(data)} of {needed} bytes; copy the file again")
    if np.frombuffer(data, np.uint8, offset=needed).any():
        raise InputError(f"{path}: has {len(data)} bytes where its header announces {needed}; is the header damaged?")
    return as_counts(np.frombuffer(data, dtype, shape[0] * shape[1], start).reshape(shape))


def as_counts(pixels: np.ndarray) -> np.ndarray:
    """The pixels as int32: fractions rounded, what is too large cut to 2^31 - 1, what is no number -1."""
    if pixels.dtype.kind == "f":
        with np.errstate(invalid="ignore"):  # a NaN that signals
            pixels = np.rint(np.nan_to_num(pixels.astype(float), nan=-1.0, posinf=_LARGEST, neginf=-1.0))
    if pixels.dtype.itemsize >= 4 and pixels.dtype.newbyteorder("=") != np.int32:
        lowest = 0 if pixels.dtype.kind == "u" else -_LARGEST - 1
        pixels = np.clip(pixels, lowest, _LARGEST)
    return np.ascontiguousarray(pixels, np.int32)


def cut_into_panels(path: str, pixels: np.ndarray, panels: Sequence[Panel]) -> tuple[np.ndarray, ...]:
    """A (slow, fast) array a panel. Raises InputError where the image is not of the size that the panels cover."""
    views = []
    for panel in panels:
        (x, y), (nx, ny) = panel.raw_image_offset, panel.image_size
        view = pixels[y : y + ny, x : x + nx]
        if view.shape != (ny, nx):
            found, needed = "x".join(map(str, pixels.shape[::-1])), f"{nx}x{ny}"
            raise InputError(f"{path}: has {found} pixels where the first image has {needed}; leave it out")
        views.append(np.ascontiguousarray(view))
    return tuple(views)
