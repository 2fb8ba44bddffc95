"""MarCCD and Rayonix: a TIFF file with the manufacturer's binary header from byte 1024 to 4096, then the pixels.

The header ("frame_header", mar USA Inc., 2000): blocks of 32-bit integers whose offsets are below, all but the sizes
in thousandths of pixels, mm, degrees or seconds; pixel sizes in nm, wavelengths in fm.
"""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.compressed import read_bytes, read_head
from gnomon.io.images.frame import Frame
from gnomon.io.images.layout import unpacked_pixels
from gnomon.io.images.single_file import SingleFileFormat
from gnomon.io.images.untold import DISTANCE, WAVELENGTH, Telling
from gnomon.io.images.upright import beam_of, upright_panel
from gnomon.models.detector import Detector
from gnomon.models.goniometer import Goniometer

_START, _END = 1024, 4096
_TIFF = {b"II*\x00": "<", b"MM\x00*": ">"}
_FIELDS = {
    "nfast": 80, "nslow": 84, "depth": 88, "saturated_value": 104, "xtal_to_detector": 640, "beam_x": 644,
    "beam_y": 648, "exposure_time": 656, "start_twotheta": 668, "start_omega": 672, "start_chi": 676,
    "start_kappa": 680, "start_phi": 684, "start_xtal_to_detector": 696, "rotation_axis": 732, "rotation_range": 736,
    "pixelsize_x": 772, "pixelsize_y": 776, "source_wavelength": 908,
}  # fmt: skip
_DISTANCES = ("xtal_to_detector", "start_xtal_to_detector")
_AXES = ("twotheta", "omega", "chi", "kappa", "phi")
"""What ``rotation_axis`` counts."""


def is_marccd(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is a TIFF with this header."""
    return head[:4] in _TIFF and len(head) >= _END and head[_START + 4 : _START + 7] == b"MMX"


def _fields(path: str, head: bytes) -> dict[str, int]:
    """The integers of the header by name. Raises InputError where it is no such header, or its sizes make no sense."""
    if not is_marccd(head):
        raise InputError(f"{path}: no MarCCD header at byte {_START}; the file is cut short or no MarCCD image")
    order = _TIFF[head[:4]]
    fields = {name: struct.unpack_from(order + "i", head, _START + at)[0] for name, at in _FIELDS.items()}
    sides = fields["nfast"], fields["nslow"]
    if not all(1 <= n <= 1 << 16 for n in sides) or fields["depth"] not in (2, 4):
        found = f"{sides[0]}x{sides[1]} pixels of {fields['depth']} bytes"
        raise InputError(f"{path}: the MarCCD header says {found}; it is damaged, copy the file again")
    return fields


def marccd_frame(path: str) -> Frame:
    """The models of the image: an upright detector, the crystal turning about +x. Raises InputError as it reads.

    What the header does not tell, or tells as zero, is told so, for import to ask for.
    """
    fields, telling = _fields(path, read_head(path)), Telling()
    distance = telling.length(DISTANCE, *(fields[name] / 1000.0 for name in _DISTANCES))
    pixel = telling.pixel([fields["pixelsize_x"] * 1e-6, fields["pixelsize_y"] * 1e-6])
    size = fields["nfast"], fields["nslow"]
    told = [fields[name] / 1000.0 for name in ("beam_x", "beam_y")]
    centre = telling.centre(told if any(told) else (), size)
    telling.swing("start_twotheta", fields["start_twotheta"] / 1000.0)
    panel = upright_panel(size, pixel, centre, distance)
    highest = float(fields["saturated_value"] if fields["saturated_value"] > 0 else 65535) - 1.0
    axis = fields["rotation_axis"]
    start = fields[f"start_{_AXES[axis]}"] / 1000.0 if 0 < axis < len(_AXES) else 0.0
    return Frame(
        path=path,
        format="MarCCD",
        beam=beam_of(telling.length(WAVELENGTH, fields["source_wavelength"] * 1e-5)),
        detector=Detector((replace(panel, type="SENSOR_CCD", trusted_range=(-1.0, highest)),)),
        goniometer=Goniometer(),
        oscillation=(start, fields["rotation_range"] / 1000.0),
        exposure_time=fields["exposure_time"] / 1000.0,
        untold=telling.untold,
        notes=telling.notes,
    )


def marccd_pixels(path: str) -> np.ndarray:
    """The pixels, (slow, fast) int32. Raises InputError where they are more or fewer than the header says."""
    data = read_bytes(path)
    fields = _fields(path, data[:_END])
    dtype = np.dtype(f"{_TIFF[data[:4]]}u{fields['depth']}")
    return unpacked_pixels(path, data, _END, dtype, (fields["nslow"], fields["nfast"]))


MARCCD = SingleFileFormat("MarCCD/Rayonix", (".mccd", ".tif", ".tiff", ".img"), is_marccd, marccd_frame, marccd_pixels)
