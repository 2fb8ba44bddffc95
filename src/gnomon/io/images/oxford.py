"""Rigaku Oxford Diffraction images (.rodhypix, .img of CrysAlisPro): "OD SAPPHIRE", lines of text, binary sections.

The sections (general, special, KM4 goniometer) and packings TY1 and TY5 as fabio documents them; TY6 is the bit field
of the Esperanto format (D. Chernyshov's cryio and fabio document it), each row by itself.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.compressed import read_bytes, read_head
from gnomon.io.images.frame import Frame
from gnomon.io.images.layout import unpacked_pixels
from gnomon.io.images.single_file import SingleFileFormat
from gnomon.io.images.untold import AXES, DISTANCE, REFERENCE, SENSE, UNSURE_SENSE, WAVELENGTH, Telling
from gnomon.io.images.upright import beam_of, upright_panel
from gnomon.models.detector import Detector
from gnomon.models.goniometer import Goniometer, rotation_about

_TEXT = 256
_UP = np.array([0.0, 1.0, 0.0])
_ANGLES = ("omega", "theta", "kappa", "phi")


@dataclass(frozen=True)
class _Header:
    """Numbers of the text by name, and the binary sections."""

    path: str
    packing: str
    sizes: dict[str, int]
    text: str
    special: bytes
    goniometer: bytes

    def real(self, section: bytes, at: int) -> float:
        """A number of a section. Raises InputError where it is none."""
        value = struct.unpack_from("<d", section, at)[0]
        if not np.isfinite(value) or abs(value) > 1e9:
            raise InputError(f"{self.path}: no number at byte {at} of a section of its header; is it damaged?")
        return float(value)

    def angles(self, at: int) -> dict[str, float]:
        """Degrees by axis: counts of the motors at byte ``at`` times their steps."""
        counts = struct.unpack_from("<4i", self.goniometer, at)
        steps = [self.real(self.goniometer, 368 + 8 * i) for i in range(4)]
        return {name: count * float(np.rad2deg(step)) for name, count, step in zip(_ANGLES, counts, steps)}


def is_oxford(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is an image of this kind."""
    return head.startswith(b"OD SAPPHIRE")


def _header(path: str, head: bytes) -> _Header:
    text = head[:_TEXT].decode("latin-1")
    packing = re.search(r"COMPRESSION= *(\w+)", text)
    pairs = re.findall(r"(\w+)= *(\d{1,9})(?!\S)", text)
    sizes: dict[str, int] = {}
    for name, value in pairs:
        sizes.setdefault(name, int(value))  # NS, the first, is that of the special section
    needed = ("NX", "NY", "NHEADER", "NG", "NS", "NK")
    if not is_oxford(head) or packing is None or any(name not in sizes for name in needed):
        raise InputError(f"{path}: the header is not as CrysAlisPro writes it; the file is cut short or damaged")
    if not (1 <= sizes["NX"] <= 1 << 14 and 1 <= sizes["NY"] <= 1 << 14):
        raise InputError(f"{path}: the header tells of {sizes['NX']}x{sizes['NY']} pixels; is it damaged?")
    special = head[_TEXT + sizes["NG"] :][: sizes["NS"]]
    goniometer = head[_TEXT + sizes["NG"] + sizes["NS"] :][: sizes["NK"]]
    if len(special) < 584 or len(goniometer) < 720:
        raise InputError(f"{path}: a section of the header is too short; the file is cut short or damaged")
    return _Header(path, packing.group(1), sizes, text, special, goniometer)


def oxford_frame(path: str) -> Frame:
    """The models of the image. Raises InputError where the header lacks what the geometry needs.

    The crystal and the detector's arm are taken to turn about the vertical, -y.
    """
    header, telling = _header(path, read_head(path)), Telling()
    telling.says(UNSURE_SENSE, SENSE, AXES, REFERENCE)
    start, end = header.angles(284), header.angles(324)
    turning = [name for name in ("omega", "phi") if abs(end[name] - start[name]) > 1e-6]
    if turning == ["phi"] and abs(start["kappa"]) > 1e-6:
        raise InputError(
            f"{path}: a scan about phi at kappa = {start['kappa']:g}: where phi points is not known; leave it out"
        )
    scanned = turning[0] if turning else "omega"
    width = end[scanned] - start[scanned]
    sense = -1.0 if width < 0 else 1.0  # a scan always counts upwards here
    return Frame(
        path=path,
        format="Rigaku Oxford Diffraction",
        beam=beam_of(telling.length(WAVELENGTH, header.real(header.goniometer, 568))),
        detector=_detector(header, start["theta"], telling),
        goniometer=Goniometer(rotation_axis=-sense * _UP),
        oscillation=(sense * start[scanned], abs(width)),
        exposure_time=header.real(header.special, 480),
        epoch=_epoch(header.text),
        untold=telling.untold,
        notes=telling.notes,
    )


def _detector(header: _Header, theta: float, telling: Telling) -> Detector:
    pixel = telling.pixel([header.real(header.special, at) for at in (568, 576)])
    centre = header.real(header.goniometer, 664), header.real(header.goniometer, 672)
    distance = telling.length(DISTANCE, header.real(header.goniometer, 712))
    size = header.sizes["NX"], header.sizes["NY"]
    highest = struct.unpack_from("<i", header.special, 472)[0]
    panel = replace(
        upright_panel(size, pixel, centre, distance), trusted_range=(-1.0, float(highest if highest > 0 else 2**31 - 1))
    )
    return Detector((panel,)).moved(rotation_about(-_UP, np.deg2rad(theta)), np.zeros(3))


def _epoch(text: str) -> float:
    found = re.search(r"TIME= *(\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4})", text)
    try:
        return (
            datetime.strptime(found.group(1), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC).timestamp() if found else 0.0
        )
    except ValueError:
        return 0.0


def oxford_pixels(path: str) -> np.ndarray:
    """The pixels, (slow, fast) int32. Raises InputError where they are fewer than the header says."""
    data = read_bytes(path)
    header = _header(path, data)
    shape, start = (header.sizes["NY"], header.sizes["NX"]), header.sizes["NHEADER"]
    if header.packing in ("NO", "NONE"):
        return unpacked_pixels(path, data, start, np.dtype("<i4"), shape)
    packed = np.frombuffer(data, np.uint8)[start:]
    if header.packing == "TY1":
        return _unpacked_ty1(header, packed)
    if header.packing not in ("TY5", "TY6"):
        raise InputError(f"{path}: pixels packed as {header.packing} are not known; write them anew with CrysAlisPro")
    from gnomon.kernels.oxford import unpack_rows, unpack_ty5

    if shape[0] * shape[1] > 16 * len(packed):
        raise InputError(f"{path}: cut short, {len(packed)} bytes of packed pixels are too few; copy the file again")
    pixels = np.empty(shape, np.int32)
    if header.packing == "TY6":
        packed = packed[4:]  # the size of what follows
    rows = (unpack_ty5 if header.packing == "TY5" else unpack_rows)(packed, pixels)
    if rows < shape[0]:
        raise InputError(f"{path}: cut short or damaged, {rows} of {shape[0]} rows; copy the file again")
    return pixels


def _unpacked_ty1(header: _Header, packed: np.ndarray) -> np.ndarray:
    """Differences in one byte, the long ones in tables of 16 and of 32 bits behind."""
    shape = header.sizes["NY"], header.sizes["NX"]
    size, n16, n32 = shape[0] * shape[1], header.sizes.get("OI", 0), header.sizes.get("OL", 0)
    if len(packed) < size + 2 * n16 + 4 * n32:
        raise InputError(f"{header.path}: cut short, {len(packed)} bytes of packed pixels; copy the file again")
    steps = packed[:size].astype(np.int64) - 127
    long, longer = steps == 127, steps == 128
    if (long.sum(), longer.sum()) != (n16, n32):
        raise InputError(f"{header.path}: its pixels do not match its tables of long differences; copy the file again")
    tables = packed[size:].tobytes()
    steps[long] = np.frombuffer(tables, "<i2", n16)
    steps[longer] = np.frombuffer(tables, "<i4", n32, 2 * n16)
    return np.cumsum(steps).astype(np.int32).reshape(shape)


OXFORD = SingleFileFormat("Rigaku Oxford Diffraction", (".rodhypix", ".img"), is_oxford, oxford_frame, oxford_pixels)
