"""The shoebox column of a pickled ``.refl``: records of unequal length, in numbers of unequal length."""

from __future__ import annotations

import math

import numpy as np

from gnomon.io.flex_numbers import FlexBytes, integers_at, reals_at
from gnomon.models.shoeboxes import Shoeboxes


def shoeboxes_from_flex(source: FlexBytes, n: int) -> Shoeboxes:
    """The next ``n`` shoeboxes: panel, bbox, and three grids (data, mask, background), each with its (z, y, x) shape.

    Raises ValueError or IndexError where they are cut, or a grid does not fill its bounding box.
    """
    heads = np.zeros((n, 7), np.int64)
    sizes = np.zeros(n, np.int64)
    data: list[int] = []
    mask: list[int] = []
    background: list[int] = []
    for i in range(n):
        heads[i] = [source.integer() for _ in range(7)]
        box = heads[i, 1:]
        sizes[i] = _grid(source, box)
        data += source.reals(sizes[i])
        mask += source.integers(_grid(source, box))
        background += source.reals(_grid(source, box))
    with np.errstate(over="ignore"):  # pixels of a broken file show as inf
        pixels = [reals_at(source.data, starts).astype(np.float32) for starts in (data, background)]
    return Shoeboxes(
        heads[:, 0].astype(np.uint32),
        heads[:, 1:].astype(np.int32),
        np.concatenate([[0], np.cumsum(sizes)]),
        pixels[0],
        integers_at(source.data, mask).astype(np.uint8),
        pixels[1],
    )


def _grid(source: FlexBytes, box: np.ndarray) -> int:
    """The number of pixels of the grid that starts here: none or those of the box."""
    dimensions, *shape = [source.integer() for _ in range(4)]
    if dimensions != 3 or (any(shape) and shape != (box[1::2] - box[::2])[::-1].tolist()):
        raise ValueError(f"shoebox of {dimensions} dimensions, {shape}, in the bounding box {box.tolist()}")
    return math.prod(shape)
