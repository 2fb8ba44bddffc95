"""TIFF images: one a file or a page each, with the header of DECTRIS where there is one, else with no geometry at all.

tifffile reads pages and tags. DECTRIS writes the lines of a miniCBF header into ImageDescription (PILATUS user manual).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.cbf_mini import frame_of_lines
from gnomon.io.images.compressed import COMPRESSED, read_bytes
from gnomon.io.images.frame import Frame
from gnomon.io.images.layout import as_counts
from gnomon.io.images.library import reading_with
from gnomon.io.images.marccd import is_marccd
from gnomon.io.images.stacked import Pixels, one_or_many
from gnomon.io.images.untold import DISTANCE, WAVELENGTH, Telling
from gnomon.io.images.upright import upright_panel
from gnomon.models.beam import Beam
from gnomon.models.detector import MOST_PIXELS, Detector
from gnomon.models.goniometer import Goniometer

_STARTS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


def is_tiff(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is a TIFF file without the header of MarCCD."""
    return head[:4] in _STARTS and not is_marccd(head)


@contextmanager
def _opened(path: str, content: bytes | None) -> Iterator[Any]:
    """The file as tifffile has it; ``content``, where it is a compressed one."""
    import tifffile  # only where there is such a file

    with (
        reading_with("tifffile", path),
        BytesIO(content) if content is not None else open(path, "rb") as stream,
        tifffile.TiffFile(stream) as file,
    ):
        yield file


def _unpacked(path: str) -> bytes | None:
    return read_bytes(path) if path.endswith(COMPRESSED) else None


def _shape(path: str, page: Any) -> tuple[int, int]:
    """Slow and fast. Raises InputError where the page is no image of one number a pixel."""
    shape, dtype = page.shape, page.dtype
    if len(shape) != 2 or dtype is None or dtype.kind not in "iuf" or not all(1 <= n <= 1 << 16 for n in shape):
        raise InputError(f"{path}: a TIFF page of {shape} numbers of type {dtype}; needed is one number a pixel")
    if shape[0] * shape[1] > MOST_PIXELS:
        raise InputError(f"{path}: a TIFF page of {shape[1]} x {shape[0]} pixels; no detector has so many")
    return int(shape[0]), int(shape[1])


def tiff_frames(path: str) -> tuple[Frame, ...]:
    """The models of each page. What the header does not tell is told so, for import to ask for."""
    with _opened(path, _unpacked(path)) as file:
        pages = list(file.pages)
        shape = _shape(path, pages[0])
        text = pages[0].description.replace("\x00", "")
        dtype = pages[0].dtype
        alike = all(page.shape == shape for page in pages)
    if not alike:
        raise InputError(f"{path}: its pages are of several sizes; needed are images of one detector")
    if any(f"# {name}" in text for name in ("Wavelength", "Detector_distance", "Pixel_size")):
        frame = frame_of_lines(path, text, shape)
    else:
        frame = _untold(path, shape, dtype)
    start, width = frame.oscillation  # of the first page
    turns = [(start + i * width, width) for i in range(len(pages))]
    return tuple(replace(frame, format="TIFF", index=i, oscillation=turn) for i, turn in enumerate(turns))


def _untold(path: str, shape: tuple[int, int], dtype: np.dtype) -> Frame:
    ny, nx = shape
    highest = min(float(np.iinfo(dtype).max), 2.0**31) - 1.0 if dtype.kind in "iu" else 2.0**31 - 1.0
    telling = Telling()
    beam = Beam(wavelength=telling.length(WAVELENGTH))
    pixel, centre = telling.pixel((None, None)), telling.centre((), (nx, ny))
    panel = replace(upright_panel((nx, ny), pixel, centre, telling.length(DISTANCE)), trusted_range=(-1.0, highest))
    return Frame(
        path=path,
        format="TIFF",
        beam=beam,
        detector=Detector((panel,)),
        goniometer=Goniometer(),
        oscillation=(0.0, 0.0),
        untold=telling.untold,
        notes=telling.notes,
    )


def tiff_pixels(path: str) -> Pixels:
    """Gives page ``i`` of the file, (slow, fast) int32. Raises InputError where it is damaged."""
    content = _unpacked(path)

    def pixels(i: int) -> np.ndarray:
        with _opened(path, content) as file:
            shape = _shape(path, file.pages[i])
            found = file.pages[i].asarray()
        if found.shape != shape:
            raise InputError(f"{path}: page {i + 1} has {found.shape} pixels, not {shape}; copy the file again")
        return as_counts(found)

    return pixels


TIFF = one_or_many("TIFF", (".tif", ".tiff"), is_tiff, tiff_frames, tiff_pixels)
