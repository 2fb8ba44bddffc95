"""Damaged HDF5 images, read in a process of their own: a library that crashes ends this one alone.

``python hdf5_fuzz.py CODEC COUNT FOLDER`` prints as JSON how many of each damage were refused, or were believed.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
from hdf5_collection import told

from gnomon.errors import InputError
from gnomon.io.images.buffers import Buffers
from gnomon.io.images.hdf5.chunks import codec_of, tiles_of
from gnomon.io.images.hdf5.reader import Packed
from gnomon.io.images.hdf5.write import filters
from gnomon.io.images.hdf5.write_header import write_nxmx
from gnomon.io.images.registry import format_of, open_images
from gnomon.models.imageset import ImageSet

CODECS = ("bslz4", "bszstd", "lz4", "gzip", "none")
DAMAGE = ("cut", "lengthened", "header", "one byte", "bytes", "moved")
SHAPE = (100, 131)
HIGHEST = 60_000  # that the detector counts, as `told` says


def image() -> np.ndarray:
    """Counts as of a detector: a background, some spots, pixels without a value."""
    rng = np.random.default_rng(7)
    counts = rng.poisson(1.5, SHAPE)
    for y, x in rng.integers(2, 95, (20, 2)):
        counts[y : y + 3, x : x + 3] += rng.poisson(300, (3, 3))
    counts[40:44] = 65535
    return counts.astype(np.uint16)


def write(path: Path, codec: str, fletcher32: bool = False) -> None:
    """An NXmx file of one image."""
    with h5py.File(path, "w") as file:
        write_nxmx(file, told(SHAPE, 1))
        sizes = {"data": image()[None], "chunks": (1, *SHAPE)}
        file.create_dataset("entry/data/data", **sizes, fletcher32=fletcher32, **filters(codec))


def damaged(data: bytes, count: int, head: int) -> Iterator[tuple[str, bytes]]:
    """What was done, and the bytes; ``head`` of them are the header."""
    rng = np.random.default_rng(len(data))
    for i in range(count):
        kind, changed = DAMAGE[i % len(DAMAGE)], bytearray(data)
        if kind == "cut":
            changed = changed[: rng.integers(1, len(data))]
        elif kind == "lengthened":
            changed += rng.bytes(rng.integers(1, 64))
        elif kind == "moved":
            a, b = sorted(rng.integers(0, len(data), 2))
            changed = changed[b:] + changed[a:b] + changed[:a]
        else:
            end, n = (head, 4) if kind == "header" else (len(data), 1 if kind == "one byte" else 9)
            for at in rng.choice(end, n, replace=False):
                changed[at] ^= rng.integers(1, 256)
        yield kind, bytes(changed)


def judged(read: Callable[[], np.ndarray]) -> str:
    """What becomes of the image: refused in one line, as it was, or believed though wrong; beyond if a pixel of it,
    then, is none that the detector can count, so that no step uses it."""
    pixels, refused = None, ""
    try:
        pixels = read()
    except InputError as error:
        refused = str(error)
    if pixels is None:
        assert "\n" not in refused, refused
        assert "a.nxs" in refused or "wavelength" in refused, refused
        return "refused"
    counts = image().astype(np.int32)
    counts[counts == 65535] = -1
    if np.array_equal(pixels, counts):
        return "same"
    return "beyond" if ((pixels != counts) & ((pixels > HIGHEST) | (pixels < 0))).any() else "believed"


def whole(path: Path) -> np.ndarray:
    """The image of the file, as every step reads it. Raises InputError where import tells that it is not there."""
    stack = format_of(str(path)).read_stack(str(path))
    if stack.notes:
        raise InputError(f"{path}: {stack.notes[0]}")
    return open_images(ImageSet(template=str(path))).read(1)[0]


def fuzzed_chunks(codec: str, count: int, folder: Path) -> Counter[str]:
    """The chunk damaged, by its codec."""
    found: Counter[str] = Counter()
    write(path := folder / "a.nxs", codec)
    with h5py.File(path) as file:
        data = file["entry/data/data"]
        tiles = tiles_of(data, codec_of(data), 0)
    buffers = Buffers()
    for kind, changed in damaged(tiles.found[0].content, count, 16):
        packed = Packed("a.nxs: image 1", replace(tiles, found=[replace(tiles.found[0], content=changed)]))
        found[f"{kind}: {judged(lambda p=packed: p.pixels(buffers))}"] += 1
    return found


def fuzzed_with_checksum(count: int, folder: Path) -> Counter[str]:
    """A chunk with a checksum of HDF5 damaged, which HDF5 unpacks."""
    found: Counter[str] = Counter()
    write(path := folder / "a.nxs", "bslz4", fletcher32=True)
    with h5py.File(path) as file:
        chunk = file["entry/data/data"].id.read_direct_chunk((0, 0, 0))[1]
    for kind, changed in damaged(chunk, count, 16):
        with h5py.File(path, "r+", locking=False) as file:
            file["entry/data/data"].id.write_direct_chunk((0, 0, 0), changed)
        found[f"{kind}: {judged(lambda: open_images(ImageSet(template=str(path))).read(1)[0])}"] += 1
    return found


def fuzzed_files(count: int, folder: Path) -> Counter[str]:
    """The whole file damaged: most of it is what HDF5 needs to find its way."""
    found: Counter[str] = Counter()
    write(path := folder / "a.nxs", "bslz4")
    data = path.read_bytes()
    for kind, changed in damaged(data, count, 4096):
        path.write_bytes(changed)
        found[f"{kind}: {judged(lambda: whole(path))}"] += 1
    return found


if __name__ == "__main__":
    codec, number, where = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    if codec in CODECS:
        told_of = fuzzed_chunks(codec, number, where)
    else:
        told_of = {"file": fuzzed_files, "fletcher32": fuzzed_with_checksum}[codec](number, where)
    print(json.dumps(dict(sorted(told_of.items()))))
