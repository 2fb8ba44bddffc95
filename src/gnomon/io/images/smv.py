"""SMV files: a text header ``{ KEY=value; ... }`` padded to ``HEADER_BYTES``, then the pixels as they are.

The Super Molecular Viewer format of ADSC, used by Rigaku (d*TREK), by simulators and by electron diffraction
cameras as well (Nielsen et al., "SMV file format", www.adsc-xray.com; d*TREK manual, Pflugrath 1999).
"""

from __future__ import annotations

import re

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.compressed import read_bytes, read_head
from gnomon.io.images.entries import Entries
from gnomon.io.images.layout import unpacked_pixels

_ENTRY = re.compile(r"([A-Za-z_][\w]*)[ \t]*=[ \t]*([^;]*);")
_TYPES = {
    "unsigned_short": "u2",
    "unsigned_short_int": "u2",
    "short": "i2",
    "short_int": "i2",
    "signed_short": "i2",
    "mad": "u2",
    "unsigned_char": "u1",
    "unsigned_long": "u4",
    "unsigned_long_int": "u4",
    "long": "i4",
    "long_int": "i4",
    "signed_long": "i4",
    "int": "i4",
    "float": "f4",
    "float_ieee": "f4",
}


def is_smv(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is an SMV image."""
    return re.match(rb"\{\s*HEADER_BYTES\s*=\s*\d+\s*;", head) is not None


def named_entries(head: bytes) -> Entries:
    """What the header in ``head`` names, whether or not it is whole: enough to tell its kind."""
    return Entries("", dict(_ENTRY.findall(head.partition(b"}")[0].decode("latin-1"))))


def smv_entries(path: str, head: bytes) -> Entries:
    """The entries of the header in ``head``. Raises InputError where the header does not end in HEADER_BYTES."""
    text, brace, _ = head.decode("latin-1").partition("}")
    entries = Entries(path, dict(_ENTRY.findall(text)))
    if not brace or entries.size("HEADER_BYTES", 1 << 20) <= len(text):
        raise InputError(f"{path}: the SMV header does not end where it says; the file is cut short or damaged")
    return entries


def read_smv_header(path: str) -> Entries:
    """The header of the file at ``path``: only the beginning is read."""
    return smv_entries(path, read_head(path, b"}"))


def smv_dtype(entries: Entries) -> np.dtype:
    """How a pixel is stored. Raises InputError for a kind or byte order that is not known, or packed pixels."""
    kind = entries.text("Data_type", "") or entries.text("TYPE", "unsigned_short")
    code = _TYPES.get(kind.lower().replace(" ", "_"))
    order = {"little_endian": "<", "big_endian": ">"}.get(entries.text("BYTE_ORDER", "little_endian").lower())
    packing = entries.text("COMPRESSION", "none")
    if code is None or order is None or packing.lower() != "none":
        found = f"{kind}, {entries.text('BYTE_ORDER', '')}, COMPRESSION {packing}"
        raise InputError(f"{entries.path}: SMV pixels stored as {found} are not known; convert the image to CBF")
    return np.dtype(order + code)


def smv_shape(entries: Entries) -> tuple[int, int]:
    """Pixels along slow and fast."""
    return entries.size("SIZE2"), entries.size("SIZE1")


def smv_pixels(path: str) -> np.ndarray:
    """The pixels, (slow, fast) int32. Raises InputError where they are more or fewer than the header says."""
    data = read_bytes(path)
    if not is_smv(data[:64]):
        raise InputError(f"{path}: not an SMV image (starts with {data[:16]!r}); leave it out")
    entries = smv_entries(path, data[: 1 << 20])
    return unpacked_pixels(path, data, entries.size("HEADER_BYTES", 1 << 20), smv_dtype(entries), smv_shape(entries))
