"""Masks as DIALS writes them: a pickled tuple of flex.bool arrays (slow, fast), true where a pixel may be used."""

from __future__ import annotations

import numpy as np

from gnomon.io.flex_numbers import FlexBytes
from gnomon.io.images.flex_grid import pickled_grids, unpickled_grids


def unpickled_masks(data: bytes) -> tuple[np.ndarray, ...]:
    """The (slow, fast) bool arrays in a pickle. Raises one of ``inert_pickle.BROKEN`` where it is no mask."""
    return tuple(_array(shape, source) for shape, source in unpickled_grids(data, "bool"))


def _array(shape: tuple[int, int], source: FlexBytes) -> np.ndarray:
    mask = source.truths(shape[0] * shape[1])
    source.finish()
    return mask.reshape(shape)


def pickled_masks(masks: tuple[np.ndarray, ...]) -> bytes:
    """The pickle that DIALS reads of (slow, fast) bool arrays."""
    return pickled_grids("bool", [(mask.shape, (mask.astype(np.uint8) + ord("0")).tobytes()) for mask in masks])
