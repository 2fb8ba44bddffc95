"""Pixels for the screen: an image as tiles of the size that is looked at, kept in little memory.

An image is read once and held at four sizes, each half the one before (``kernels/pyramid.py``); what was used last is
kept, up to ``KEPT`` bytes. Pixels travel as planes of their bytes, as the upper ones are all but empty, and packed.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.buffers import Buffers
from gnomon.io.images.experiment_images import FittedReader, images_of
from gnomon.io.images.masks import Masks, static_mask, valid_counts
from gnomon.kernels.pyramid import LARGE_CODE, NOTHING, SHIFT, encode, gather_count, halve, halve_usable
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment

LEVELS = (1, 2, 4, 8)
TILE = 512
"""Pixels of a tile's sides."""
KEPT = 100_000_000
"""Bytes of images in memory: two of 16M pixels and what is smaller of them."""
MOST_TOGETHER = 100
"""Images in a sum: as many as find_spots adds up."""
_KEPT_SWEEPS = 3
_READERS = 2
_MOST_LARGE = 100_000
"""Counts too large for 16 bits that are kept beside the others, of a panel: all but images of cameras have fewer."""
Large = tuple[np.ndarray, np.ndarray]
"""Places in the flat panel, ascending, and counts int32 there."""
How = Literal["sum", "max"]


@dataclass(frozen=True, order=True)
class Tile:
    """A part of a panel: row and column of tiles at its level."""

    panel: int
    row: int
    column: int

    def of(self, pixels: np.ndarray) -> np.ndarray:
        """Its part of the panel's pixels (ny, nx)."""
        return pixels[self.row * TILE : (self.row + 1) * TILE, self.column * TILE : (self.column + 1) * TILE]


@dataclass(frozen=True, eq=False)
class Picture:
    """An image at all sizes: per level the panels' pixels (ny, nx), as codes of 16 bits or counts of 32.

    usable: per panel (ny, nx) bool, as masks have it; large: per panel the counts that have no code of their own.
    """

    levels: dict[int, tuple[np.ndarray, ...]]
    usable: Masks
    large: tuple[Large, ...] = ()

    @property
    def nbytes(self) -> int:
        """Memory of its pixels."""
        return sum(panel.nbytes for panels in self.levels.values() for panel in panels)

    def counts(self, panel: int, rows: slice, columns: slice) -> np.ndarray:
        """The counts int32 of a part of a panel, as the file has them (-2 where it has less than any count)."""
        pixels = self.levels[1][panel]
        part = pixels[rows, columns]
        if not self.large:
            return part.copy()
        counts = part.astype(np.int32) - SHIFT
        y, x = np.nonzero(part >= LARGE_CODE)
        at, values = self.large[panel]
        in_rows, in_columns = (np.arange(n)[one] for n, one in zip(pixels.shape, (rows, columns)))
        counts[y, x] = values[np.searchsorted(at, in_rows[y] * pixels.shape[1] + in_columns[x])]
        return counts

    def tiles(self, level: int) -> list[Tile]:
        """All tiles of a level."""
        return [
            Tile(i, row, column)
            for i, panel in enumerate(self.levels[level])
            for row in range(math.ceil(panel.shape[0] / TILE))
            for column in range(math.ceil(panel.shape[1] / TILE))
        ]


@dataclass(frozen=True, eq=False)
class _Sweep:
    """What the images of a sweep have in common."""

    reader: FittedReader
    usable: Masks
    detector: Detector
    buffers: Buffers


class Pictures:
    """The images of opened experiments, in memory as far as ``KEPT`` allows; safe to use from many threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self._most = kept
        self._lock = threading.Lock()
        self._sweeps: OrderedDict[Any, _Sweep] = OrderedDict()
        self._pictures: OrderedDict[Any, Future[Picture]] = OrderedDict()
        self._pool = ThreadPoolExecutor(_READERS, "pictures")
        self._buffers = Buffers()

    def picture(self, experiment: Experiment, image: int, n: int = 1, how: How = "sum") -> Picture:
        """``n`` images from ``image`` on as one. Raises InputError where one of them cannot be read."""
        if not 1 <= n <= MOST_TOGETHER:
            raise InputError(f"n={n}: 1 to {MOST_TOGETHER} images can be shown as one")
        key = (*experiment.sweep, image, n, how if n > 1 else "")
        with self._lock:
            future = self._pictures.get(key)
            if future is None:
                future = self._pictures[key] = self._pool.submit(self._made, experiment, range(image, image + n), how)
            self._pictures.move_to_end(key)
        try:
            made = future.result()
        except BaseException:
            with self._lock:
                self._pictures.pop(key, None)  # an image that is not there yet may come
            raise
        self._forget()
        return made

    def _forget(self) -> None:
        """Drop the pictures that were not used for longest, until the rest is small enough."""
        with self._lock:
            done = {key: f.result().nbytes for key, f in self._pictures.items() if f.done() and not f.exception()}
            over = sum(done.values()) - self._most
            for key, size in list(done.items())[:-1]:
                if over <= 0:
                    return
                del self._pictures[key]
                over -= size

    def usable(self, experiment: Experiment) -> Masks:
        """The mask of the experiment's images."""
        return self._sweep(experiment).usable

    def _sweep(self, experiment: Experiment) -> _Sweep:
        key = experiment.sweep
        with self._lock:
            found = self._sweeps.get(key)
        if found is None:
            found = _Sweep(images_of(experiment), static_mask(experiment), experiment.detector, self._buffers)
        with self._lock:
            self._sweeps[key] = found
            self._sweeps.move_to_end(key)
            while len(self._sweeps) > _KEPT_SWEEPS:
                self._sweeps.popitem(last=False)
        return found

    def _made(self, experiment: Experiment, images: Sequence[int], how: How) -> Picture:
        sweep = self._sweep(experiment)
        levels, large = _levels(_together(sweep, images, how), sweep)
        return Picture(levels, sweep.usable, large)


def _together(sweep: _Sweep, images: Sequence[int], how: How) -> tuple[np.ndarray, ...]:
    """The panels (ny, nx) int32 of one image, or of several as one."""
    reader, panels = sweep.reader, sweep.detector.panels
    if len(images) == 1:
        return reader.unpack(reader.fetch(images[0]), sweep.buffers)
    total: list[np.ndarray] = [np.zeros(mask.shape, np.int32) for mask in sweep.usable]
    for image in images:
        for held, pixels, mask, panel in zip(
            total, reader.unpack(reader.fetch(image), sweep.buffers), sweep.usable, panels
        ):
            gather_count(held.ravel(), pixels.ravel(), mask.ravel(), valid_counts(panel), how == "sum")
    return tuple(total)


def _levels(pixels: Sequence[np.ndarray], sweep: _Sweep) -> tuple[dict[int, tuple[np.ndarray, ...]], tuple[Large, ...]]:
    """The image and what is smaller of it, and its large counts; in 16 bits where all of it fits."""
    panels = sweep.detector.panels
    coded = [_coded(counts, valid_counts(panel)[1]) for counts, panel in zip(pixels, panels)]
    if all(one is not None for one in coded):
        full, large = zip(*[one for one in coded if one is not None])
        none: Any = np.uint16(0)
    else:
        full, large, none = tuple(map(np.array, pixels)), (), NOTHING  # out of the buffers
    levels: dict[int, list[np.ndarray]] = {1: list(full), **{level: [] for level in LEVELS[1:]}}
    for panel, usable in zip(full, sweep.usable):
        row, half = np.empty(panel.shape[1] + 1, panel.dtype), _half_of(panel)
        halve_usable(panel, usable, none, row, half)
        levels[2].append(half)
        for level in LEVELS[2:]:
            smaller = _half_of(half)
            halve(half, none, row[: half.shape[1] + 1], smaller)
            levels[level].append(smaller)
            half = smaller
    return {level: tuple(made) for level, made in levels.items()}, large


def _half_of(panel: np.ndarray) -> np.ndarray:
    return np.empty([-(-n // 2) for n in panel.shape], panel.dtype)


def _coded(counts: np.ndarray, high: float) -> tuple[np.ndarray, Large] | None:
    """The panel as codes of 16 bits, and its large counts; None where they do not fit, or are not worth it."""
    codes = np.empty(counts.shape, np.uint16)
    large = encode(counts, math.floor(min(high, 2**31 - 1)), codes)
    if not 0 <= large <= _MOST_LARGE:
        return None
    at = np.flatnonzero(codes.ravel() >= LARGE_CODE) if large else np.empty(0, np.intp)
    return codes, (at, counts.ravel()[at])


def planes(parts: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """The pixels of tiles one after the other, their lowest bytes first (``plane_0``), then the next."""
    flat = np.concatenate([np.ascontiguousarray(part).ravel() for part in parts])
    bytes_of = flat.view(np.uint8).reshape(len(flat), flat.itemsize)
    return {f"plane_{i}": np.ascontiguousarray(bytes_of[:, i]) for i in range(flat.itemsize)}


def each(tiles: Sequence[Tile], panels: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """The pixels of the tiles. Raises InputError where there is no such tile."""
    for tile in tiles:
        if not 0 <= tile.panel < len(panels):
            raise InputError(f"panel {tile.panel}: the detector has {len(panels)}, counted from 0")
        part = tile.of(panels[tile.panel])
        if tile.row < 0 or tile.column < 0 or part.size == 0:
            raise InputError(f"no tile {tile.row}, {tile.column} on panel {tile.panel} at this level")
        yield part
