"""EDF, the ESRF data format: a text header ``{ Key = value ; ... }`` of whole 512-byte blocks, then the pixels; then
the next image, if any.

Keys of the geometry are those of the SAXS programs (Boesecke, P. (2007). J. Appl. Cryst. 40, s423): ``Center_n`` in
pixels from the outer edge of the first, ``PSize_n``, ``SampleDistance`` and ``WaveLength`` in metres.
"""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass, replace

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.compressed import mapped
from gnomon.io.images.entries import Entries
from gnomon.io.images.frame import Frame
from gnomon.io.images.layout import as_counts
from gnomon.io.images.stacked import Pixels, one_or_many
from gnomon.io.images.untold import DISTANCE, WAVELENGTH, Telling
from gnomon.io.images.upright import beam_of, upright_panel
from gnomon.models.detector import Detector
from gnomon.models.goniometer import Goniometer

_ENTRY = re.compile(r"^\s*([\w.~-]+)[ \t]*=[ \t]*([^;\n]*);", re.MULTILINE)
_LONGEST = 1 << 20
"""Bytes of a header."""
_END = re.compile(rb"\}\r?\n")
_TYPES = {
    "signedbyte": "i1", "unsignedbyte": "u1", "signedshort": "i2", "unsignedshort": "u2", "signedinteger": "i4",
    "unsignedinteger": "u4", "signedlong": "i4", "unsignedlong": "u4", "signed64": "i8", "unsigned64": "u8",
    "float": "f4", "floatvalue": "f4", "double": "f8", "doublevalue": "f8",
}  # fmt: skip
_ORDERS = {"lowbytefirst": "<", "highbytefirst": ">"}


def is_edf(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is an EDF image."""
    return re.match(rb"\s*\{", head) is not None and b"Dim_1" in head and b"ByteOrder" in head


@dataclass(frozen=True)
class _Image:
    """One image of a file: its header, and where its pixels begin."""

    entries: Entries
    start: int

    @property
    def shape(self) -> tuple[int, int]:
        """Pixels along slow and fast."""
        return self.entries.size("Dim_2"), self.entries.size("Dim_1")

    @property
    def end(self) -> int:
        """The byte after the last pixel."""
        return self.start + self.shape[0] * self.shape[1] * _dtype(self.entries).itemsize


def _images(path: str, data: bytes | mmap.mmap) -> list[_Image]:
    """The images, one after the other. Raises InputError where one is cut short or followed by what is no image."""
    images: list[_Image] = []
    at = 0
    while at < len(data):
        head = data[at : at + _LONGEST]
        if images and not head.lstrip().startswith(b"{"):
            if any(memoryview(data)[at:]):
                raise InputError(f"{path}: has {len(data)} bytes, its headers announce {at}; is a header damaged?")
            break
        end = _END.search(head)
        if end is None:
            raise InputError(f"{path}: the EDF header has no end; the file is cut short or damaged")
        entries = Entries(path, dict(_ENTRY.findall(head[: end.start()].decode("latin-1"))))
        images.append(_Image(entries, at + end.end()))
        at = images[-1].end
    if at > len(data):
        raise InputError(f"{path}: cut short, {len(data)} of {at} bytes; copy the file again")
    if not images:
        raise InputError(f"{path}: an empty file; copy it again")
    return images


def edf_frames(path: str) -> tuple[Frame, ...]:
    """The models of each image: an upright detector, and stills: this header knows of no rotation.

    What it does not tell is told so, for import to ask for.
    """
    images = _images(path, mapped(path))
    if any(image.shape != images[0].shape for image in images):
        raise InputError(f"{path}: its images are of several sizes; needed are images of one detector")
    return tuple(_frame(path, image.entries, i) for i, image in enumerate(images))


def _frame(path: str, entries: Entries, index: int) -> Frame:
    size = entries.size("Dim_1"), entries.size("Dim_2")
    telling = Telling()
    pixel = telling.pixel([entries.told(name, 1000.0) for name in ("PSize_1", "PSize_2")])
    centre = telling.centre([entries.number(name) for name in ("Center_1", "Center_2") if name in entries], size)
    panel = upright_panel(size, pixel, centre, telling.length(DISTANCE, entries.told("SampleDistance", 1000.0)))
    kind = _dtype(entries)
    highest = min(float(np.iinfo(kind).max), 2.0**31) - 1.0 if kind.kind in "iu" else 2.0**31 - 1.0
    return Frame(
        path=path,
        format="EDF",
        beam=beam_of(telling.length(WAVELENGTH, entries.told("WaveLength", 1e10))),
        detector=Detector((replace(panel, trusted_range=(-1.0, highest)),)),
        goniometer=Goniometer(),
        oscillation=(0.0, 0.0),
        exposure_time=entries.number("ExposureTime", 0.0),
        index=index,
        untold=telling.untold,
        notes=telling.notes,
    )


def _dtype(entries: Entries) -> np.dtype:
    kind, order = entries.text("DataType"), entries.text("ByteOrder")
    packing = entries.text("Compression", "none")
    code, sign = _TYPES.get(kind.lower()), _ORDERS.get(order.lower())
    if code is None or sign is None or packing.lower() not in ("none", "uncompressed"):
        found = f"{kind}, {order}, Compression {packing}"
        raise InputError(f"{entries.path}: EDF pixels stored as {found} are not known; convert the image to CBF")
    return np.dtype(sign + code)


def edf_pixels(path: str) -> Pixels:
    """Gives image ``i`` of the file, (slow, fast) int32. Raises InputError where the file is not as its headers say."""
    data = mapped(path)
    images = _images(path, data)

    def pixels(i: int) -> np.ndarray:
        image, (ny, nx) = images[i], images[i].shape
        return as_counts(np.frombuffer(data, _dtype(image.entries), ny * nx, image.start).reshape(ny, nx))

    return pixels


EDF = one_or_many("EDF", (".edf",), is_edf, edf_frames, edf_pixels)
