"""Pixels for the screen: an image as tiles of the size that is looked at, kept in little memory.

An image is read once and held at four sizes, each half the one before (``kernels/pyramid.py``); what was used last is
kept, up to ``KEPT`` bytes. Pixels travel as planes of their bytes, as the upper ones are all but empty, and packed.
"""

from __future__ import annotations

import math
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
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


class Spare:
    """Memory of pictures that are gone, for those that come.

    The pages of 48 MB anew for each image take as long as decoding it does, and many times that where the kernel has to
    make room. Memory comes back when nobody holds the picture any more: who looks at its pixels holds the picture.
    """

    def __init__(self) -> None:
        self._blocks: list[np.ndarray] = []

    def take(self, size: int) -> np.ndarray:
        """(size,) uint16 of unknown content."""
        try:
            block = self._blocks.pop()
        except IndexError:
            block = np.empty(0, np.uint16)
        return block[:size] if block.size >= size else np.empty(size, np.uint16)

    def comes_back(self, block: np.ndarray, picture: Picture) -> None:
        """The block is spare again when the picture is gone."""
        weakref.finalize(picture, self.give, block).atexit = False

    def give(self, block: np.ndarray) -> None:
        """Keeps a block that nobody uses any more, unless one is there already."""
        if not self._blocks:
            self._blocks.append(block if block.base is None else block.base)


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
        self._spare = Spare()

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
        pixels = _together(sweep, images, how)
        shapes = [[tuple(-(-n // level) for n in panel.shape) for panel in pixels] for level in LEVELS]
        block = self._spare.take(sum(math.prod(shape) for level in shapes for shape in level))
        levels, large = _levels(pixels, sweep, _carved(block, shapes))
        made = Picture(levels, sweep.usable, large)
        if large:
            self._spare.comes_back(block, made)
        else:
            self._spare.give(block)
        return made


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


def _carved(block: np.ndarray, shapes: list[list[tuple[int, ...]]]) -> list[list[np.ndarray]]:
    """Parts of the block of these shapes."""
    parts = iter(np.split(block, np.cumsum([math.prod(shape) for level in shapes for shape in level])))
    return [[next(parts).reshape(shape) for shape in level] for level in shapes]


def _levels(
    pixels: Sequence[np.ndarray], sweep: _Sweep, room: list[list[np.ndarray]]
) -> tuple[dict[int, tuple[np.ndarray, ...]], tuple[Large, ...]]:
    """The image and what is smaller of it, and its large counts; in 16 bits, in ``room``, where all of it fits.

    room: per level the panels' arrays uint16.
    """
    coded = [
        _coded(counts, valid_counts(panel)[1], codes)
        for counts, panel, codes in zip(pixels, sweep.detector.panels, room[0])
    ]
    large = tuple(one for one in coded if one is not None)
    none: Any = np.uint16(0)
    if len(large) < len(coded):
        room = [list(map(np.array, pixels)), *([np.empty(h.shape, np.int32) for h in halves] for halves in room[1:])]
        large, none = (), NOTHING  # counts of 32 bits, out of the buffers
    for i, usable in enumerate(sweep.usable):
        full, row = room[0][i], np.empty(usable.shape[1] + 1, room[0][i].dtype)
        halve_usable(full, usable, none, row, room[1][i])
        for larger, smaller in pairwise(room[1:]):
            halve(larger[i], none, row[: larger[i].shape[1] + 1], smaller[i])
    return {level: tuple(made) for level, made in zip(LEVELS, room)}, large


def _coded(counts: np.ndarray, high: float, codes: np.ndarray) -> Large | None:
    """The panel's large counts; fills ``codes`` with its 16 bits. None where they do not fit, or are not worth it."""
    large = encode(counts, math.floor(min(high, 2**31 - 1)), codes)
    if not 0 <= large <= _MOST_LARGE:
        return None
    at = np.flatnonzero(codes.ravel() >= LARGE_CODE) if large else np.empty(0, np.intp)
    return at, counts.ravel()[at]


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
