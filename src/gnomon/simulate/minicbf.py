"""Images as a DECTRIS Pilatus writes them: miniCBF, header convention PILATUS_1.2."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import numpy as np
from isal import igzip

from gnomon.kernels.encode import encode_byte_offset
from gnomon.simulate.instrument import Instrument
from gnomon.simulate.params import SweepParams

COUNT_CUTOFF = 1048500
_MARK = b"\x0c\x1a\x04\xd5"
_NAMES = {(487, 195): "100K", (487, 619): "300K", (981, 1043): "1M", (1475, 1679): "2M", (2463, 2527): "6M"}


def header_contents(params: SweepParams, instrument: Instrument, number: int) -> list[str]:
    """The comment lines of image ``number``: what the instrument believes, errors included."""
    x, y = (c + e for c, e in zip(instrument.beam_centre, params.beam_error))
    start = params.start + (number - 1) * params.width
    pixel = f"{instrument.pixel_size * 1e3:g}e-6 m"
    name = _NAMES.get(instrument.image_size, "S")
    return [
        f"Detector: PILATUS {name}, S/N 00-0000 gnomon simulation",
        f"2026-01-01T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000",
        f"Pixel_size {pixel} x {pixel}",
        f"Silicon sensor, thickness {instrument.thickness * 1e-3:.6f} m",
        "Exposure_time 0.9990000 s",
        "Exposure_period 1.0000000 s",
        "Tau = 0 s",
        f"Count_cutoff {COUNT_CUTOFF} counts",
        "Threshold_setting: 6000 eV",
        "Gain_setting: low gain (vrf = -0.300)",
        f"N_excluded_pixels = {params.dead_pixels}",
        "Excluded_pixels: badpix_mask.tif",
        "Flat_field: (nil)",
        "Trim_file: (nil)",
        "Image_path: /simulated",
        f"Wavelength {instrument.wavelength:.6f} A",
        f"Detector_distance {(instrument.distance + params.distance_error) * 1e-3:.6f} m",
        f"Beam_xy ({x:.2f}, {y:.2f}) pixels",
        "Flux 0.000000",
        "Filter_transmission 1.0000",
        f"Start_angle {start:.4f} deg.",
        f"Angle_increment {params.width:.4f} deg.",
        "Detector_2theta 0.0000 deg.",
        f"Polarization {instrument.polarization:.3f}",
        "Alpha 0.0000 deg.",
        "Kappa 0.0000 deg.",
        "Phi 0.0000 deg.",
        f"Omega {start:.4f} deg.",
        f"Omega_increment {params.width:.4f} deg.",
        "Chi 0.0000 deg.",
        "Oscillation_axis X.CW",
        "N_oscillations 1",
    ]


def minicbf(image: np.ndarray, contents: list[str], name: str) -> bytes:
    """A whole file of an image (slow, fast) int32."""
    buffer = np.empty(image.size * 7, np.uint8)
    packed = buffer[: encode_byte_offset(image.ravel(), buffer)].tobytes()
    head = [
        "###CBF: VERSION 1.5, CBFlib v0.7.8 - PILATUS detectors",
        "",
        f"data_{name}",
        "",
        '_array_data.header_convention "PILATUS_1.2"',
        "_array_data.header_contents",
        ";",
        *(f"# {line}" for line in contents),
        ";",
        "",
        "_array_data.data",
        ";",
        "--CIF-BINARY-FORMAT-SECTION--",
        "Content-Type: application/octet-stream;",
        '     conversions="x-CBF_BYTE_OFFSET"',
        "Content-Transfer-Encoding: BINARY",
        f"X-Binary-Size: {len(packed)}",
        "X-Binary-ID: 1",
        'X-Binary-Element-Type: "signed 32-bit integer"',
        "X-Binary-Element-Byte-Order: LITTLE_ENDIAN",
        f"Content-MD5: {base64.b64encode(hashlib.md5(packed).digest()).decode()}",
        f"X-Binary-Number-of-Elements: {image.size}",
        f"X-Binary-Size-Fastest-Dimension: {image.shape[1]}",
        f"X-Binary-Size-Second-Dimension: {image.shape[0]}",
        "X-Binary-Size-Padding: 4095",
        "",
        "",
    ]
    tail = bytes(4095) + b"\r\n--CIF-BINARY-FORMAT-SECTION----\r\n;\r\n\r\n"
    return "\r\n".join(head).encode() + _MARK + packed + tail


def write_image(path: Path, image: np.ndarray, contents: list[str]) -> None:
    """The image at ``path``; compressed where that ends in .gz."""
    data = minicbf(image, contents, path.name.split(".")[0])
    path.write_bytes(igzip.compress(data, 1, mtime=0) if path.suffix == ".gz" else data)
