"""MRC files of electron diffraction: one image or a stack, with the extended header of Thermo Fisher (FEI1, FEI2).

Cheng et al. (2015). J. Struct. Biol. 192, 146; "MRC2014 file specification, extended header" (FEI). mrcfile reads the
headers. A header tells no place of the beam that dials.import would use: it is taken in the middle of the image, and
the crystal is taken to turn about -y, as there.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.compressed import mapped
from gnomon.io.images.electrons import electron_wavelength
from gnomon.io.images.frame import Frame
from gnomon.io.images.layout import as_counts
from gnomon.io.images.library import reading_with
from gnomon.io.images.stacked import Pixels, one_or_many
from gnomon.io.images.untold import AXES, BEAM_CENTRE, DISTANCE, PIXEL_SIZE, REFERENCE, WAVELENGTH, Note, Telling
from gnomon.io.images.upright import beam_of, upright_panel
from gnomon.models.detector import Detector
from gnomon.models.goniometer import Goniometer

_HEADER = 1024
_PIXEL = {b"BM-Ceta": 0.014, b"BM-Falcon": 0.014, b"EF-Falcon": 0.014, b"EF-CCD": 0.014}
"""mm, of cameras by name, unbinned."""

_VOLTS = (1e3, 1e7)
"""Between which an electron microscope works, and far beyond."""
_NOT_TOLD = (
    Note(
        "the header has no beam centre: the beam is taken to hit the middle of the image; give "
        "fast_slow_beam_centre=... if it does not",
        (BEAM_CENTRE,),
    ),
    Note("the header has no rotation axis: taken is -y; give goniometer.axes=x,y,z if it is not", (AXES, REFERENCE)),
)


def is_mrc(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is an MRC file."""
    return len(head) >= _HEADER and head[208:212] == b"MAP " and head[212:214] in (b"DD", b"DA", b"\x11\x11")


@dataclass(frozen=True)
class _Mrc:
    """An MRC file taken apart."""

    path: str
    shape: tuple[int, int, int]  # images, slow, fast
    dtype: np.dtype
    start: int  # byte at which the pixels begin
    extended: Any  # a row an image, or None where it is not of FEI's kind

    @property
    def image_bytes(self) -> int:
        """Of one image."""
        return self.shape[1] * self.shape[2] * self.dtype.itemsize


def _parts(path: str, data: bytes | mmap.mmap) -> _Mrc:
    """The header, as mrcfile reads it. Raises InputError where it is damaged, or the file shorter than it says."""
    from mrcfile.mrcinterpreter import MrcInterpreter  # only where there is such a file
    from mrcfile.utils import data_dtype_from_header

    if not is_mrc(data[:_HEADER]):
        raise InputError(f"{path}: does not begin as an MRC file; leave it out")
    order = ">" if data[212:213] == b"\x11" else "<"
    start = _HEADER + struct.unpack_from(f"{order}i", data, 92)[0]
    if not _HEADER <= start <= len(data):
        raise InputError(f"{path}: the MRC header is longer than the file; copy the file again")
    with reading_with("mrcfile", path):
        file = MrcInterpreter(iostream=BytesIO(data[:start]), header_only=True)
        dtype = np.dtype(data_dtype_from_header(file.header))
        sizes = tuple(int(file.header[name]) for name in ("nz", "ny", "nx"))
        extended = file.indexed_extended_header if file.header.exttyp in (b"FEI1", b"FEI2") else None
    if dtype.kind not in "iuf" or not all(1 <= n <= 1 << 16 for n in sizes):
        raise InputError(f"{path}: the MRC header tells of {sizes} pixels of type {dtype}; is it damaged?")
    parts = _Mrc(path, (sizes[0], sizes[1], sizes[2]), dtype, start, extended)
    needed = start + sizes[0] * parts.image_bytes
    if len(data) < needed:
        raise InputError(f"{path}: cut short, {len(data)} of {needed} bytes; copy the file again")
    if np.frombuffer(data, np.uint8, offset=needed).any():
        raise InputError(f"{path}: has {len(data)} bytes where its header announces {needed}; is the header damaged?")
    if extended is not None and len(extended) < sizes[0]:
        raise InputError(
            f"{path}: the extended MRC header is of {len(extended)} images, not {sizes[0]}; is it damaged?"
        )
    return parts


def mrc_frames(path: str) -> tuple[Frame, ...]:
    """The models of each image. What the header does not tell is told so, for import to ask for."""
    parts = _parts(path, mapped(path))
    if parts.extended is None:
        return tuple(replace(_plain(parts), index=i) for i in range(parts.shape[0]))
    rows = parts.extended[: parts.shape[0]]
    tilts = np.asarray(rows["Alpha tilt"], float)
    width = float(rows["Tilt per image"][0]) if "Tilt per image" in rows.dtype.names else 0.0
    if not width and len(tilts) > 1:
        width = float(tilts[-1] - tilts[0]) / (len(tilts) - 1)
    frame = _told(parts, rows[0])
    if not np.isfinite([*tilts, width]).all():
        raise InputError(f"{path}: the extended MRC header has a tilt that is no number; is it damaged?")
    return tuple(replace(frame, index=i, oscillation=(float(tilt), width)) for i, tilt in enumerate(tilts))


def _plain(parts: _Mrc) -> Frame:
    """An image of which the header tells no geometry at all."""
    return Frame(
        path=parts.path,
        format="MRC",
        beam=beam_of(electron_wavelength(2e5)),
        detector=_detector(parts, (1.0, 1.0), 1000.0),
        goniometer=Goniometer(rotation_axis=np.array([0.0, -1.0, 0.0])),
        oscillation=(0.0, 0.0),
        untold=(WAVELENGTH, DISTANCE, PIXEL_SIZE),
        notes=_NOT_TOLD,
    )


def _told(parts: _Mrc, row: Any) -> Frame:
    """The frame as the extended header has it: the distance follows from the size of a pixel in 1/m."""
    telling = Telling()
    volts, per_pixel = float(row["HT"]), float(row["Pixel size X"]) * 1e-10  # 1/Å
    told = electron_wavelength(volts) if _VOLTS[0] <= volts <= _VOLTS[1] else None
    known = next((mm for name, mm in _PIXEL.items() if bytes(row["Camera name"]).startswith(name)), None)
    wavelength = telling.length(WAVELENGTH, told)
    pixel = telling.length(PIXEL_SIZE, known and known * max(1, int(row["Binning Width"])))
    sure = told and known and 0 < per_pixel < 1
    distance = telling.length(DISTANCE, pixel / (wavelength * per_pixel) if sure else None)
    return Frame(
        path=parts.path,
        format="MRC",
        beam=beam_of(wavelength),
        detector=_detector(parts, (pixel, pixel), distance),
        goniometer=Goniometer(rotation_axis=np.array([0.0, -1.0, 0.0])),
        oscillation=(0.0, 0.0),
        exposure_time=float(row["Integration time"]),
        untold=telling.untold,
        notes=_NOT_TOLD,
    )


def _detector(parts: _Mrc, pixel: tuple[float, float], distance: float) -> Detector:
    ny, nx = parts.shape[1:]
    panel = upright_panel((nx, ny), pixel, (nx / 2, ny / 2), distance)
    highest = float(np.iinfo(parts.dtype).max) - 1.0 if parts.dtype.kind in "iu" else 2.0**31 - 1.0
    return Detector((replace(panel, trusted_range=(-1000.0, highest)),))  # cameras subtract a background


def mrc_pixels(path: str) -> Pixels:
    """Gives image ``i`` of the file, (slow, fast) int32. Raises InputError where the file is cut short."""
    data = mapped(path)
    parts = _parts(path, data)

    def pixels(i: int) -> np.ndarray:
        shape, at = parts.shape[1:], parts.start + i * parts.image_bytes
        return as_counts(np.frombuffer(data, parts.dtype, shape[0] * shape[1], at).reshape(shape))

    return pixels


MRC = one_or_many("MRC", (".mrc", ".mrcs"), is_mrc, mrc_frames, mrc_pixels)
