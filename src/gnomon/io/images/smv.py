"""SMV files: a text header ``{ KEY=value; ... }`` padded to ``HEADER_BYTES``, then the pixels as they are.

The Super Molecular Viewer format of ADSC, used by Rigaku (d*TREK), by simulators and by electron diffraction
cameras as well (Nielsen et al., "SMV file format", www.adsc-xray.com; d*TREK manual, Pflugrath 1999)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.compressed import read_bytes, read_head
from gnomon.io.images.entries import Entries
from gnomon.io.images.frame import BEAM_CENTRE, DISTANCE, PIXEL_SIZE, WAVELENGTH, Frame, HeaderCheck
from gnomon.io.images.header_models import beam_of, upright_panel
from gnomon.io.images.layout import unpacked_pixels
from gnomon.models.detector import Detector
from gnomon.models.goniometer import Goniometer

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


_TURN_BACKWARDS = {"457", "915", "928"}
"""Serial numbers of detectors at beamlines whose spindle turns the other way: where dials.import has them so."""

_DATES = ("%a %b %d %H:%M:%S %Y", "%Y-%m-%dT%H:%M:%S", "%d-%b-%Y %H:%M:%S")


def frame_of_adsc(entries: Entries) -> Frame:
    """The models of an ADSC image. What the header lacks is listed, for import to ask for.

    The detector stands upright across the beam and the crystal turns about +x (-x at known beamlines): what this
    header cannot say. ``TWOTHETA`` is not used, its sense differs between beamlines.
    """
    check = HeaderCheck()
    check.swing("TWOTHETA", entries.number("TWOTHETA", 0.0))
    backwards = entries.text("DETECTOR_SN", "") in _TURN_BACKWARDS
    return Frame(
        path=entries.path,
        format="ADSC SMV",
        beam=beam_of(check.length(WAVELENGTH, entries.optional("WAVELENGTH"))),
        detector=_detector(entries, check),
        goniometer=Goniometer(rotation_axis=np.array([-1.0 if backwards else 1.0, 0.0, 0.0])),
        oscillation=smv_oscillation(entries),
        exposure_time=entries.number("TIME", 0.0),
        epoch=smv_epoch(entries),
        missing=check.missing,
        notes=check.notes,
    )


def _detector(entries: Entries, check: HeaderCheck) -> Detector:
    ny, nx = smv_shape(entries)
    distance = check.length(DISTANCE, entries.optional("DISTANCE"))
    size = check.length(PIXEL_SIZE, entries.optional("PIXEL_SIZE"))
    if PIXEL_SIZE in check.missing:  # without it a centre in mm says nothing
        check.lacks(BEAM_CENTRE)
    centre = check.centre(_centre(entries, size), (nx, ny))
    panel = upright_panel((nx, ny), (size, size), centre, distance)
    pedestal = entries.number("IMAGE_PEDESTAL", entries.number("ADC_OFFSET", 0.0))
    return Detector((replace(panel, type="SENSOR_CCD", trusted_range=trusted_range(entries), pedestal=pedestal),))


def _centre(entries: Entries, size: float) -> tuple[float, ...]:
    """Fast and slow of the beam, pixels; nothing where the header does not tell.

    Simulated images tell the corner of the first pixel itself. ADSC's ``BEAM_CENTER_X`` is along slow and ``_Y`` along
    fast, in mm, as MOSFLM has them.
    """
    if "DIALS_ORIGIN" in entries:
        x, y, _ = entries.numbers("DIALS_ORIGIN", 3)
        return -x / size, y / size
    return tuple(entries.number(name) / size for name in ("BEAM_CENTER_Y", "BEAM_CENTER_X") if name in entries)


def trusted_range(entries: Entries) -> tuple[float, float]:
    """From 0 (written -1, as :func:`gnomon.io.images.masks.valid_counts` says) to the last count below saturation."""
    dtype = smv_dtype(entries)
    largest = float(np.iinfo(dtype).max) if dtype.kind in "iu" else 2.0**31
    saturated = entries.number("SATURATED_VALUE", entries.number("CCD_IMAGE_SATURATION", largest))
    return -1.0, min(saturated, largest, 2.0**31 - 1) - 1.0


def smv_oscillation(entries: Entries) -> tuple[float, float]:
    """Start and width, degrees; a width of zero where the header has none."""
    start = entries.number("OSC_START", entries.number("PHI", 0.0))
    return start, entries.number("OSC_RANGE", 0.0)


def smv_epoch(entries: Entries, name: str = "DATE") -> float:
    """When the exposure began, seconds since 1970; the clock is taken as UTC. 0 where not told."""
    text = entries.text(name, "")
    for form in _DATES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return 0.0
