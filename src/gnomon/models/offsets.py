"""By how much spots are seen off from where their panel's plane is met: modules out of place, distortion.

The convention is that of the tables dx and dy of DIALS (tests/interop/test_offsets_dials.py runs it): a spot that is
seen at pixel ``p`` belongs to the point ``p - d(p)`` of the ideal panel. d is looked up for the pixel that holds the
point, the nearest one off the panel. A ray that meets the ideal panel at pixel ``q`` is seen at ``q + d(q)`` where
modules are shifted; of tables, in which d may change on the way from ``q``, at the p for which ``p - d(p)`` is q.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from gnomon.models.model import Model

Files = tuple[str, str]
"""The files of dx and of dy."""


class Offsets(Protocol):
    """The offsets of one panel."""

    @property
    def files(self) -> Files | None:
        """Where they are stored; None where they are not."""

    def at(self, px: np.ndarray) -> np.ndarray:
        """(N, 2) px along fast and slow, for the pixels that hold the points ``px`` (N, 2); 0 where these are nan."""

    def seen(self, px: np.ndarray) -> np.ndarray:
        """(N, 2) px where rays are seen that meet the ideal panel at ``px`` (N, 2)."""


MOST_ROUNDS = 20
SETTLED = 0.1
"""px, by which the last round may still move a point: what neighbouring pixels of smooth tables differ by. A point that
moves further is on a table that jumps."""


def _way_back(at: Callable[[np.ndarray], np.ndarray], px: np.ndarray) -> np.ndarray:
    """(N, 2) the p with ``p - at(p) = px``, by repetition; ``px + at(px)`` where that does not settle.

    It does where offsets change by less than a pixel from pixel to pixel. DIALS takes the latter everywhere: with an
    ellipse of 4 % that is 2 px off, 1000 px from the centre.
    """
    first = before = seen = px + at(px)
    for _ in range(MOST_ROUNDS):
        before, seen = seen, px + at(seen)
        if np.array_equal(before, seen, equal_nan=True):
            return seen
    settled = (np.abs(seen - before) <= SETTLED).all(axis=1, keepdims=True)
    return np.where(settled, seen, first)


def pixel_of(px: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """(N, 2) int: fast and slow of the pixel that holds each point, or of the nearest; 0 where that is nan."""
    return np.floor(np.nan_to_num(px)).clip(0, np.array(image_size) - 1).astype(np.intp)


@dataclass(frozen=True, eq=False)
class OffsetMap(Model):
    """A value for each pixel."""

    dx: np.ndarray  # (slow, fast), px
    dy: np.ndarray
    files: Files | None = None

    def at(self, px: np.ndarray) -> np.ndarray:
        """See :class:`Offsets`."""
        fast, slow = pixel_of(px, self.dx.shape[::-1]).T
        found = np.column_stack([self.dx[slow, fast], self.dy[slow, fast]]).astype(float)
        return np.where(np.isnan(px), 0.0, found)

    def seen(self, px: np.ndarray) -> np.ndarray:
        """See :class:`Offsets`."""
        return _way_back(self.at, px)


@dataclass(frozen=True, eq=False)
class ModuleGrid:
    """Modules in rows and columns of one panel; each pixel belongs to one, those of gaps to the nearest.

    ``fast`` and ``slow`` are the first and one past the last pixel of each column (n_fast, 2) and row (n_slow, 2).
    Modules are numbered along fast first.
    """

    image_size: tuple[int, int]
    pixel_size: tuple[float, float]
    fast: np.ndarray
    slow: np.ndarray

    def __len__(self) -> int:
        return len(self.fast) * len(self.slow)

    @cached_property
    def centres(self) -> np.ndarray:
        """(n, 2) px."""
        x, y = self.fast.mean(axis=1), self.slow.mean(axis=1)
        return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)

    def is_like(self, other: ModuleGrid) -> bool:
        """Whether the modules are the same."""
        return np.array_equal(self.fast, other.fast) and np.array_equal(self.slow, other.slow)

    def module_of(self, pixel: np.ndarray) -> np.ndarray:
        """(N,) the module of each pixel (N, 2)."""
        column, row = (
            np.searchsorted((ranges[1:, 0] + ranges[:-1, 1]) / 2, pixel[:, i], side="right")
            for i, ranges in enumerate((self.fast, self.slow))
        )
        return row * len(self.fast) + column

    def lever(self, module: np.ndarray, px: np.ndarray) -> np.ndarray:
        """(N, 2) px by which each point moves for a turn of its module by one radian, fast towards slow."""
        arm = px - self.centres[module]
        aspect = self.pixel_size[1] / self.pixel_size[0]
        return np.column_stack([-arm[:, 1] * aspect, arm[:, 0] / aspect])


@dataclass(frozen=True, eq=False)
class ModuleOffsets(Model):
    """Each module shifted along fast and slow and turned about its centre, on top of ``base``."""

    grid: ModuleGrid
    shift: np.ndarray  # (n, 2), px
    turn: np.ndarray  # (n,), rad, fast towards slow
    base: Offsets | None = None
    files: Files | None = None

    def at(self, px: np.ndarray) -> np.ndarray:
        """See :class:`Offsets`; the turn is that at the pixel's centre."""
        pixel = pixel_of(px, self.grid.image_size)
        module = self.grid.module_of(pixel)
        found = self.shift[module] + self.turn[module, None] * self.grid.lever(module, pixel + 0.5)
        if self.base is not None:
            found = found + self.base.at(px)
        return np.where(np.isnan(px), 0.0, found)

    def seen(self, px: np.ndarray) -> np.ndarray:
        """See :class:`Offsets`; modules alone move all that meets them."""
        return px + self.at(px) if self.base is None else _way_back(self.at, px)

    def plus(self, shift: np.ndarray, turn: np.ndarray) -> ModuleOffsets:
        """The modules moved on by these (n, 2) px and (n,) rad; stored nowhere."""
        return replace(self, shift=self.shift + shift, turn=self.turn + turn, files=None)


@dataclass(frozen=True)
class StoredOffsets:
    """The offsets of one panel in a pair of files, read when they are first asked for.

    ``load`` gives them, or None, by dx, dy, the panel and its size; it may be asked again and again, and travels to
    workers with the model.
    """

    files: Files
    panel: int
    image_size: tuple[int, int]
    load: Callable[[str, str, int, tuple[int, int]], Offsets | None]

    @property
    def loaded(self) -> Offsets | None:
        """What the files hold."""
        return self.load(*self.files, self.panel, self.image_size)

    def at(self, px: np.ndarray) -> np.ndarray:
        """See :class:`Offsets`."""
        found = self.loaded
        return np.zeros_like(px) if found is None else found.at(px)

    def seen(self, px: np.ndarray) -> np.ndarray:
        """See :class:`Offsets`."""
        found = self.loaded
        return px if found is None else found.seen(px)
