"""How often a sweep is taken further while its images come: at which of them, and by how many at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

FIRST = 20.0
"""Degrees after which a lattice is first looked for: less tells the axis along the beam badly."""
BLOCK = 15.0
"""Degrees that are integrated at a time: seconds of work at the end, and the crystal may turn as much as it likes."""
MARGIN = 3.0
"""Degrees of images on both sides of a block, for reflections that reach beyond it: three sigma of a rocking curve of
0.15 degrees whose reflection passes the sphere at a seventh of its usual speed."""
WINDOW = 60.0
"""Degrees of images before, by whose spots the geometry is refined: enough for cell and distance, and recent."""


@dataclass(frozen=True)
class Pace:
    """The same in images of one sweep."""

    first: int
    block: int
    margin: int
    window: int

    @classmethod
    def of(cls, width: float) -> Self:
        """Of images that turn by ``width`` degrees, either way."""
        return cls(*(max(1, round(degrees / abs(width))) for degrees in (FIRST, BLOCK, MARGIN, WINDOW)))

    def next(self, before: int, reached: int) -> int:
        """The image at which a sweep goes on that begins after image ``before`` and was taken to ``reached``."""
        done = reached - before - self.first
        return before + self.first + (0 if done < 0 else (done // self.block + 1) * self.block)
