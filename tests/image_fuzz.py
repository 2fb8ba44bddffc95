"""Files damaged at random, and what a decoder may make of them: the right pixels, or one clear line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gnomon.io.images.registry import format_of
from gnomon.step import InputError


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


def survives(path: Path, data: bytes, count: int, lengthened: bool = True) -> None:
    """Fails where a damaged file does anything but give an image or an InputError of one line.

    A file that was cut short must give no image, nor where ``lengthened`` one that has more bytes than it announces.
    """
    path.write_bytes(data)
    assert accepted(path)
    refused = ("cut", "lengthened") if lengthened else ("cut",)
    for what, changed in damaged(data, count, len(data)):
        path.write_bytes(changed)
        if what in refused:
            assert not accepted(path), f"{what} to {len(changed)} of {len(data)} bytes, and read"
        else:
            accepted(path)


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
