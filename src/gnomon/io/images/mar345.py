"""Mar345 image plates: 16 integers and lines of text in 4096 bytes, pixels above 65535, then the packed image.

The manufacturer's "mar345_formats" (X-ray Research GmbH). The pixels are unpacked by us: fabio reads and writes beyond
its memory where the packed stream is damaged.
"""

from __future__ import annotations

import re
import struct
from dataclasses import replace

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.compressed import read_bytes, read_head
from gnomon.io.images.frame import Frame
from gnomon.io.images.single_file import SingleFileFormat
from gnomon.io.images.untold import DISTANCE, WAVELENGTH, Telling
from gnomon.io.images.upright import beam_of, upright_panel
from gnomon.models.detector import Detector
from gnomon.models.goniometer import Goniometer

_HEADER = 4096
_MARKERS = {b"\xd2\x04\x00\x00": "<", b"\x00\x00\x04\xd2": ">"}  # 1234
_FIELDS = ("size", "high", "format", "mode", "pixels", "length", "height", "wavelength", "distance", "phi", "phi_end")
_PACKED = re.compile(rb"CCP4 packed image, X: *(\d+), Y: *(\d+)\s")
_SATURATED = 249_862.0
"""Largest count of the plate's reader, as dials.import has it."""


def is_mar345(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is an image of this kind."""
    return head[:4] in _MARKERS and b"mar research" in head[:256]


def _fields(path: str, head: bytes) -> dict[str, int]:
    if len(head) < _HEADER or not is_mar345(head):
        raise InputError(f"{path}: no Mar345 header of {_HEADER} bytes; the file is cut short or no Mar345 image")
    fields = dict(zip(_FIELDS, struct.unpack_from(f"{_MARKERS[head[:4]]}{len(_FIELDS)}i", head, 4)))
    n = fields["size"]
    if not 1 <= n <= 10_000 or fields["pixels"] != n * n or not 0 <= fields["high"] <= n * n or fields["format"] != 1:
        raise InputError(f"{path}: the Mar345 header tells of no packed image ({n} pixels a side); is it damaged?")
    return fields


def mar345_frame(path: str) -> Frame:
    """The models of the image: upright, turning about +x, the beam in the middle of the plate (as dials.import).

    The two-theta arm is not used: its sense is not told.
    """
    head = read_head(path)
    fields, telling = _fields(path, head), Telling()
    pixel = telling.pixel([fields["length"] / 1000.0, fields["height"] / 1000.0])
    n = fields["size"]
    swing = re.search(rb"\nTWOTHETA +(-?\d+\.?\d*)", head[:_HEADER])
    telling.swing("TWOTHETA", float(swing.group(1)) if swing else 0.0)
    distance = telling.length(DISTANCE, fields["distance"] / 1000.0)
    panel = upright_panel((n, n), pixel, telling.centre((), (n, n)), distance)
    seconds = re.search(rb"\nTIME +(\d+\.?\d*)", head[:_HEADER])
    start = fields["phi"] / 1000.0
    return Frame(
        path=path,
        format="Mar345",
        beam=beam_of(telling.length(WAVELENGTH, fields["wavelength"] * 1e-6)),
        detector=Detector((replace(panel, type="SENSOR_IMAGE_PLATE", trusted_range=(-1.0, _SATURATED)),)),
        goniometer=Goniometer(),
        oscillation=(start, fields["phi_end"] / 1000.0 - start),
        exposure_time=float(seconds.group(1)) if seconds else 0.0,
        untold=telling.untold,
        notes=telling.notes,
    )


def mar345_pixels(path: str) -> np.ndarray:
    """The pixels, (slow, fast) int32. Raises InputError where the packed stream ends early."""
    from gnomon.kernels.pck import unpack_pck

    data = read_bytes(path)
    fields = _fields(path, data)
    n, high = fields["size"], fields["high"]
    tables = _HEADER + 64 * -(-high // 8)  # eight pairs of address and value a record
    found = _PACKED.search(data, tables)
    if found is None or found.groups() != (f"{n:04d}".encode(),) * 2:
        raise InputError(f"{path}: no packed image of {n}x{n} pixels after byte {tables}; copy the file again")
    packed = np.frombuffer(data, np.uint8, offset=found.end())
    if 128 * 8 * len(packed) < 6 * n * n:  # six bits tell of 128 pixels at most
        raise InputError(f"{path}: cut short, {len(packed)} bytes of packed pixels are too few; copy the file again")
    pixels = np.empty((n, n), np.int32)
    count = unpack_pck(packed, pixels)
    if count < n * n:
        raise InputError(f"{path}: cut short, {count} of {n * n} pixels; copy the file again")
    pairs = np.frombuffer(data, f"{_MARKERS[data[:4]]}i4", 2 * high, _HEADER).reshape(-1, 2)
    if high and not (pairs[:, 0].min() >= 1 and pairs[:, 0].max() <= n * n):
        raise InputError(f"{path}: its table of high pixels points outside the image; copy the file again")
    pixels.ravel()[pairs[:, 0] - 1] = pairs[:, 1]
    return pixels


_SIZES = (2300, 2000, 1600, 1200, 3450, 3000, 2400, 1800)
_SUFFIXES = (".mar345", *(f".{kind}{n}" for kind in ("mar", "pck") for n in _SIZES))

MAR345 = SingleFileFormat("Mar345", _SUFFIXES, is_mar345, mar345_frame, mar345_pixels)
