"""Pixels of a detector one by one: where they are, and the first of them by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.summary import figure

NAMED = 10
"""Pixels of a kind that are told one by one; there may be millions."""


@dataclass(frozen=True)
class Pixel:
    """One pixel of a detector."""

    panel: int = figure("number of the panel")
    x: int = figure("its place along fast, from 0", unit="px")
    y: int = figure("its place along slow, from 0", unit="px")


@dataclass(frozen=True)
class PixelList:
    """Pixels of one kind."""

    count: int = figure("how many there are")
    first: tuple[Pixel, ...] = figure(f"the first {NAMED} of them")

    @classmethod
    def of(cls, rows: np.ndarray) -> PixelList:
        """Of (n, 3) int rows of panel, x, y."""
        return cls(len(rows), tuple(Pixel(*row) for row in rows[:NAMED].tolist()))


def pixel_rows(chosen: Sequence[np.ndarray]) -> np.ndarray:
    """(n, 3) int rows of panel, x, y of the pixels that are true in ``chosen``, a (slow, fast) array a panel."""
    return np.concatenate([np.insert(np.argwhere(panel)[:, ::-1], 0, i, axis=1) for i, panel in enumerate(chosen)])
