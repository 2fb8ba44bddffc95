"""Files damaged at random, and what a decoder may make of them: the right pixels, or one clear line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.registry import format_of


def damaged(data: bytes, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """What was done, and the file: cut short, lengthened, bytes of the header or of anywhere changed."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        what = ("cut", "lengthened", "header", "anywhere")[i % 4]
        changed = bytearray(data)
        if what == "cut":
            changed = changed[: rng.integers(len(data))]
        elif what == "lengthened":
            changed += rng.integers(1, 256, rng.integers(1, 64), np.uint8).tobytes()
        else:
            end = min(len(data), 2048) if what == "header" else len(data)
            for at in rng.integers(0, end, rng.integers(1, 8)):
                changed[at] = rng.integers(256)
        yield what, bytes(changed)


def survives(path: Path, data: bytes, count: int, needed: int | None = None) -> None:
    """Fails where a damaged file does anything but give an image or an InputError of one line.

    A file cut before the ``needed`` bytes, by default all, must give no image; nor, by default, one lengthened.
    """
    path.write_bytes(data)
    assert accepted(path)
    for what, changed in damaged(data, count, len(data)):
        path.write_bytes(changed)
        read = accepted(path)
        if len(changed) < (needed or len(data)) or (what == "lengthened" and needed is None):
            assert not read, f"{what} to {len(changed)} of {len(data)} bytes, and read"


def accepted(path: Path) -> bool:
    """Whether header and pixels of the file are read; where they are not, one line names the file."""
    refused = ""
    try:
        image_format = format_of(str(path))
        image_format.read_frame(str(path))
        image_format.verify(str(path))
    except InputError as error:
        refused = str(error)
    assert refused.count("\n") == 0
    assert not refused or str(path) in refused or "wavelength" in refused or "sensor" in refused
    return not refused
