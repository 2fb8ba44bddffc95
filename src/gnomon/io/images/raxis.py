"""Rigaku R-AXIS image plates (.osc, .img): a binary header of fixed places, then words of 16 bits.

Rigaku, "R-AXIS data file format" (as fabio lists its entries). A word with the top bit set is multiplied by the
photomultiplier's ratio. fabio unpacks the pixels.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from io import BytesIO

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.compressed import read_bytes, read_head
from gnomon.io.images.frame import Frame
from gnomon.io.images.layout import as_counts
from gnomon.io.images.library import reading_with
from gnomon.io.images.single_file import SingleFileFormat
from gnomon.io.images.untold import AXES, DISTANCE, REFERENCE, SENSE, UNSURE_SENSE, WAVELENGTH, Telling
from gnomon.io.images.upright import beam_of, upright_panel
from gnomon.models.detector import Detector
from gnomon.models.goniometer import Goniometer

_REALS = {
    "wavelength": 292, "distance": 344, "start": 524, "end": 528, "minutes": 536, "beam_x": 540, "beam_y": 544,
    "two_theta": 556,
    "pixel_x": 776, "pixel_y": 780, "ratio": 800,
}  # fmt: skip
_INTEGERS = {"cylindrical": 448, "nx": 768, "ny": 772, "record": 784}
_LEAST = 1400


def is_raxis(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is an image of this kind."""
    return head[:6] in (b"R-AXIS", b"RAXIS4", b"RAXIS ", b"RAXIS-") and len(head) >= _LEAST


def _fields(path: str, head: bytes) -> dict[str, float]:
    if not is_raxis(head):
        raise InputError(f"{path}: no R-AXIS header of {_LEAST} bytes; the file is cut short or no such image")
    fields = {name: float(struct.unpack_from(">f", head, at)[0]) for name, at in _REALS.items()}
    fields |= {name: float(struct.unpack_from(">i", head, at)[0]) for name, at in _INTEGERS.items()}
    if not all(map(np.isfinite, fields.values())) or not all(1 <= fields[n] <= 1 << 14 for n in ("nx", "ny")):
        raise InputError(
            f"{path}: the R-AXIS header makes no sense ({fields['nx']:g}x{fields['ny']:g} pixels); is it damaged?"
        )
    if not 0 < fields["ratio"] < 1e6:
        raise InputError(f"{path}: the R-AXIS header has ratio = {fields['ratio']:g}; is it damaged?")
    if fields["cylindrical"]:
        raise InputError(f"{path}: a cylindrical image plate is not known to gnomon; convert the image to CBF")
    return fields


def raxis_frame(path: str) -> Frame:
    """The models of the image: upright, the crystal turning about +x; the two-theta arm is not used."""
    fields, telling = _fields(path, read_head(path)), Telling()
    size = int(fields["nx"]), int(fields["ny"])
    pixel = telling.pixel([fields["pixel_x"], fields["pixel_y"]])
    told = fields["beam_x"], fields["beam_y"]
    centre = telling.centre(told if any(told) else (), size)
    telling.swing("two-theta", fields["two_theta"])
    telling.says(UNSURE_SENSE, SENSE, AXES, REFERENCE)
    panel = upright_panel(size, pixel, centre, telling.length(DISTANCE, fields["distance"]))
    return Frame(
        path=path,
        format="R-AXIS",
        beam=beam_of(telling.length(WAVELENGTH, fields["wavelength"]), 0.5),
        detector=Detector((replace(panel, type="SENSOR_IMAGE_PLATE", trusted_range=(-1.0, 32767 * fields["ratio"])),)),
        goniometer=Goniometer(),
        oscillation=(fields["start"], fields["end"] - fields["start"]),
        exposure_time=60.0 * fields["minutes"],
        untold=telling.untold,
        notes=telling.notes,
    )


def raxis_pixels(path: str) -> np.ndarray:
    """The pixels, (slow, fast) int32. Raises InputError where the file has not the size that its header says."""
    from fabio.raxisimage import RaxisImage  # only where there is such a file

    data = read_bytes(path)
    fields = _fields(path, data)
    record = int(fields["record"])
    pixels = 2 * int(fields["nx"] * fields["ny"])
    header = len(data) - pixels  # a whole number of records
    if header < _LEAST or record <= 0 or header % record or header - record >= max(_LEAST, record):
        raise InputError(
            f"{path}: has {len(data)} bytes, not those of its header and {pixels} of pixels; copy it again"
        )
    with reading_with("fabio", path):
        return as_counts(RaxisImage().read(BytesIO(data)).data)


RAXIS = SingleFileFormat("R-AXIS", (".osc", ".img"), is_raxis, raxis_frame, raxis_pixels)
