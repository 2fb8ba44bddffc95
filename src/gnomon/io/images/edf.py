"""EDF, the ESRF data format: a text header ``{ Key = value ; ... }`` of whole 512-byte blocks, then the pixels.

Keys of the geometry are those of the SAXS programs (Boesecke, P. (2007). J. Appl. Cryst. 40, s423): ``Center_n`` in
pixels from the outer edge of the first, ``PSize_n``, ``SampleDistance`` and ``WaveLength`` in metres.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from gnomon.io.images.compressed import read_bytes, read_head
from gnomon.io.images.entries import Entries
from gnomon.io.images.frame import Frame
from gnomon.io.images.layout import unpacked_pixels
from gnomon.io.images.single_file import SingleFileFormat
from gnomon.io.images.upright import beam_of, upright_panel
from gnomon.models.detector import Detector
from gnomon.models.goniometer import Goniometer
from gnomon.step import InputError

_ENTRY = re.compile(r"^\s*([\w.~-]+)[ \t]*=[ \t]*([^;\n]*);", re.MULTILINE)
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


def _header(path: str, head: bytes) -> tuple[Entries, int]:
    """The entries, and the byte at which the pixels begin. Raises InputError where the header has no end."""
    end = _END.search(head)
    if end is None:
        raise InputError(f"{path}: the EDF header has no end; the file is cut short or damaged")
    return Entries(path, dict(_ENTRY.findall(head[: end.start()].decode("latin-1")))), end.end()


def edf_frame(path: str) -> Frame:
    """The models of the image: an upright detector, and a still: this header knows of no rotation.

    Raises InputError that names a missing entry.
    """
    entries, _ = _header(path, read_head(path, b"}"))
    size = entries.size("Dim_1"), entries.size("Dim_2")
    pixel = 1000.0 * entries.positive("PSize_1"), 1000.0 * entries.positive("PSize_2")
    centre = entries.number("Center_1"), entries.number("Center_2")
    panel = upright_panel(size, pixel, centre, 1000.0 * entries.positive("SampleDistance"))
    kind = _dtype(entries)
    highest = min(float(np.iinfo(kind).max), 2.0**31) - 1.0 if kind.kind in "iu" else 2.0**31 - 1.0
    return Frame(
        path=path,
        format="EDF",
        beam=beam_of(1e10 * entries.positive("WaveLength")),
        detector=Detector((replace(panel, trusted_range=(-1.0, highest)),)),
        goniometer=Goniometer(),
        oscillation=(0.0, 0.0),
        exposure_time=entries.number("ExposureTime", 0.0),
    )


def _dtype(entries: Entries) -> np.dtype:
    kind, order = entries.text("DataType"), entries.text("ByteOrder")
    packing = entries.text("Compression", "none")
    code, sign = _TYPES.get(kind.lower()), _ORDERS.get(order.lower())
    if code is None or sign is None or packing.lower() not in ("none", "uncompressed"):
        found = f"{kind}, {order}, Compression {packing}"
        raise InputError(f"{entries.path}: EDF pixels stored as {found} are not known; convert the image to CBF")
    return np.dtype(sign + code)


def edf_pixels(path: str) -> np.ndarray:
    """The pixels, (slow, fast) int32. Raises InputError where they are more or fewer than the header says."""
    data = read_bytes(path)
    entries, start = _header(path, data[: 1 << 20])
    return unpacked_pixels(path, data, start, _dtype(entries), (entries.size("Dim_2"), entries.size("Dim_1")))


EDF = SingleFileFormat("EDF", (".edf",), is_edf, edf_frame, edf_pixels)
