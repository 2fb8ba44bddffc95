"""Small image files as vendors' programs write them: Mar345, Bruker, R-AXIS, Rigaku Oxford Diffraction, MRC, TIFF."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np


def strong_counts(shape: tuple[int, int] = (20, 30), most: int = 200_000) -> np.ndarray:
    """Counts of which most are small, some need 16 bits and some 32; the last is not zero."""
    rng = np.random.default_rng(5)
    pixels = rng.poisson(12, shape).astype(np.int32)
    spots = rng.integers(0, pixels.size, pixels.size // 20)
    pixels.flat[spots] = rng.integers(200, most, len(spots))
    pixels[-1, -1] = 7
    return pixels


MAR345 = {
    "PIXEL_LENGTH": "150", "PIXEL_HEIGHT": "150", "WAVELENGTH": "0.9795", "DISTANCE": "120.5", "PHI_START": "10.0",
    "PHI_END": "10.5", "PHI_OSC": "1", "OMEGA_START": "3.0", "OMEGA_END": "3.0", "OMEGA_OSC": "0", "CHI": "0.0",
    "TWOTHETA": "0.0", "CENTER_X": "30.5", "CENTER_Y": "33.25", "MODE": "TIME", "TIME": "60.00", "FORMAT_TYPE": "PCK",
    "MULTIPLIER": "1.000", "GAIN": "1.000", "DATE": "Mon Jun 26 09:43:09 2006", "HIGH": "0",
}  # fmt: skip


def mar345(pixels: np.ndarray, **changes: str) -> bytes:
    """A Mar345 file as fabio packs it."""
    from fabio.mar345image import Mar345Image

    file = io.BytesIO()
    file.close = lambda: None  # type: ignore[method-assign]
    image = Mar345Image(data=pixels, header={**MAR345, **changes})
    image.byteorder = "<"
    image.write(file)
    return file.getvalue()


BRUKER = {
    "FORMAT": "100", "VERSION": "18", "HDRBLKS": "15", "TYPE": "Some Frame", "MODEL": "D8 VENTURE [123-45-67]",
    "NCOUNTS": "1000 0", "NOVERFL": "0", "MINIMUM": "0", "MAXIMUM": "200000", "CREATED": "26-Jun-2007 09:43:09",
    "CUMULAT": "2.5", "ELAPSDR": "2.5", "ELAPSDA": "2.5", "RANGE": "0.5", "START": "30.0", "INCREME": "0.5",
    "NUMBER": "1", "NFRAMES": "10", "ANGLES": "10.0 30.0 20.0 54.7", "NROWS": "20", "NCOLS": "30", "NPIXELB": "1 1",
    "WORDORD": "0", "LONGORD": "0", "TARGET": "Mo", "SOURCEK": "50.0", "SOURCEM": "1.0",
    "CENTER": "15.5 10.25 15.5 10.25", "DISTANC": "5.0 5.2", "COMPRES": "NONE", "LINEAR": "1.0 0.0",
    "WAVELEN": "0.71073 0.7093 0.71359", "AXIS": "2", "ENDING": "10.0 30.5 20.0 54.7",
    "DETPAR": "0 0 0 0 0 0", "DETTYPE": "CMOS-PHOTONII 37.037037 0.0 0 0.0 0.0 1", "NEXP": "1 0 32 0 1",
    "CCDPARM": "1.0 1.0 1.0 0.0 1000000.0", "BIS": "",
}  # fmt: skip


def bruker(pixels: np.ndarray, **changes: str) -> bytes:
    """A Bruker frame of format 100: 8-bit pixels above a baseline, then those that are lower, higher, much higher."""
    baseline = int({**BRUKER, **changes}["NEXP"].split()[2])
    flat = pixels.ravel() - baseline
    low = pixels.ravel()[flat <= 0]
    body = np.where(flat <= 0, 0, np.minimum(flat, 255)).astype("<u1")
    high = np.minimum(flat[flat >= 255], 65535).astype("<u2")
    higher = flat[flat >= 65535].astype("<i4")
    tables = [low.astype("<i1"), high, higher]
    entries = {**BRUKER, "NOVERFL": " ".join(str(len(t)) for t in tables), **changes}
    size = 512 * int(entries["HDRBLKS"])
    head = "".join(f"{key:<7}:{value:<72}" for key, value in entries.items()).ljust(size - 2, "\x20") + "\x1a\x04"
    padded = [t.tobytes().ljust(-(-t.nbytes // 16) * 16, b"\0") for t in tables]
    return head.encode() + body.tobytes() + b"".join(padded)


RAXIS: dict[str, Any] = {
    "InstrumentType": b"R-AXIS4", "Version": b"FRONT", "Crystal Name": b"insulin", "Wavelength": 1.5418,
    "Monochromator 2theta": 0.0, "Crystal-to-detector Distance": 150.0, "Crystal Mount (spindle axis)": b"",
    "Phi Datum": 0.0, "Phi Oscillation Start": 30.0, "Phi Oscillation Stop": 30.5, "Frame Number": 3,
    "Exposure Time": 5.0, "Direct beam X position": 15.5, "Direct beam Y position": 10.25, "Omega Angle": 0.0,
    "Chi Angle": 0.0, "2Theta Angle": 0.0, "X Pixels": 30, "Y Pixels": 20, "X Pixel Length": 0.1,
    "Y Pixel Length": 0.11, "Record Length": 60, "Total": 20, "IP Number": 1, "Photomultiplier Ratio": 8.0,
    "Host Type/Endian": b"IRIS", "IP Type": b"R-AXIS4", "Date": b"26-Jun-2007", "Number of Axes": 0,
}  # fmt: skip


def raxis(pixels: np.ndarray, **changes: Any) -> bytes:
    """An R-AXIS file: counts up to 32767 as they are, larger ones divided by 8 with the top bit set."""
    from fabio.raxisimage import RIGAKU_KEYS

    entries, head = {**RAXIS, **changes}, b""
    for name, kind in RIGAKU_KEYS.items():
        value = entries.get(name, b"" if isinstance(kind, int) else 0)
        if kind == -1:
            break
        head += (
            value.ljust(kind)[:kind] if isinstance(kind, int) else struct.pack(">f" if kind == "float" else ">i", value)
        )
    record = int(entries["Record Length"])
    ratio = int(entries["Photomultiplier Ratio"])
    words = np.where(pixels > 32767, 0x8000 | (pixels // ratio), pixels).astype(">u2")
    return head.ljust(max(1400, record) if record > 1400 else -(-1400 // record) * record, b"\0") + words.tobytes()


OXFORD: dict[str, Any] = {
    "omega": (30.0, 30.5), "theta": (0.0, 0.0), "kappa": (0.0, 0.0), "phi": (15.0, 15.0), "wavelength": 0.71073,
    "pixel": (0.1, 0.11), "centre": (15.5, 10.25), "distance": 40.0, "seconds": 2.5, "overflow": 1_000_000,
}  # fmt: skip


def _oxford_header(shape: tuple[int, int], packing: str, tables: tuple[int, int], entries: dict[str, Any]) -> bytes:
    text = (
        f"OD SAPPHIRE  4.0\r\nCOMPRESSION={packing} ( 30.0)\r\nNX={shape[1]:4d} NY={shape[0]:4d} OI={tables[0]:7d} "
        f"OL={tables[1]:7d} \r\nNHEADER=   5120 NG=    512 NS=    768 NK=   1024 NS=    512 NH=   2048\r\n"
        "NSUPPLEMENT=      0\r\nTIME=Tue Jun 26 09:43:09 2007\r\n"
    )
    special, goniometer = bytearray(768), bytearray(1024)
    struct.pack_into("<i", special, 472, entries["overflow"])
    struct.pack_into("<d", special, 480, entries["seconds"])
    struct.pack_into("<2d", special, 568, *entries["pixel"])
    step = np.deg2rad(0.00125)
    for i, axis in enumerate(("omega", "theta", "kappa", "phi")):
        struct.pack_into("<d", goniometer, 368 + 8 * i, step)
        for at, angle in zip((284, 324), entries[axis]):
            struct.pack_into("<i", goniometer, at + 4 * i, round(angle / 0.00125))
    struct.pack_into("<d", goniometer, 568, entries["wavelength"])
    struct.pack_into("<2d", goniometer, 664, *entries["centre"])
    struct.pack_into("<d", goniometer, 712, entries["distance"])
    return text.encode().ljust(256) + bytes(512) + special + goniometer + bytes(512 + 2048)


def oxford(pixels: np.ndarray, packing: str = "TY6", **changes: Any) -> bytes:
    """An image of Rigaku Oxford Diffraction; bit fields (TY6) and TY1 are packed by fabio."""
    from fabio.compression import agi_bitfield, compTY1

    tables, body = (0, 0), pixels.astype("<i4").tobytes()
    if packing == "TY1":
        parts = compTY1(pixels)
        tables, body = (len(parts[1]) // 2, len(parts[2]) // 4), b"".join(parts)
    elif packing == "TY5":
        body = b"".join(_ty5(row) for row in pixels)
        steps = np.abs(np.diff(pixels, axis=1, prepend=0) + 0.5) - 0.5
        tables = int(((steps >= 127) & (steps < 32768)).sum()), int((steps >= 32768).sum())
    elif packing == "TY6":
        rows = io.BytesIO()
        for row in pixels:
            agi_bitfield.compress_row(row, rows)
        body = struct.pack("<I", rows.tell()) + rows.getvalue()
    return _oxford_header(pixels.shape, packing, tables, {**OXFORD, **changes}) + body


def _ty5(row: np.ndarray) -> bytes:
    packed = b""
    for step in np.diff(row, prepend=0).tolist():
        if -127 <= step < 127:
            packed += bytes([step + 127])
        else:
            packed += b"\xfe" + struct.pack("<h", step) if abs(step) < 32768 else b"\xff" + struct.pack("<i", step)
    return packed


def mrc(pixels: np.ndarray, kind: str = "FEI2", **changes: Any) -> bytes:
    """An MRC file with the extended header of Thermo Fisher, or none (kind ""); a stack of (n, slow, fast) pixels."""
    import mrcfile
    from mrcfile.dtypes import get_ext_header_dtype

    file = io.BytesIO()
    made = mrcfile.mrcinterpreter.MrcInterpreter()
    made._iostream = file
    made._create_default_attributes()
    made.set_data(pixels)
    count = len(pixels) if pixels.ndim == 3 else 1
    if pixels.ndim == 3:
        made.set_image_stack()
    if kind:
        rows = np.zeros(count, get_ext_header_dtype(kind.encode()))
        rows["Metadata size"], rows["Metadata version"] = rows.dtype.itemsize, 2 if kind == "FEI2" else 1
        for name in rows.dtype.names:
            if name.startswith("Bitmask"):
                rows[name] = 0xFFFFFFFF
        entries = {
            "HT": 2e5, "Alpha tilt": 10 + 0.5 * np.arange(count), "Pixel size X": 2e7, "Pixel size Y": 2e7,
            "Integration time": 0.7, "Camera name": b"EF-Falcon", "Binning Width": 2, "Binning Height": 2,
        }  # fmt: skip
        entries |= {"Tilt per image": 0.5} if kind == "FEI2" else {}
        for name, value in {**entries, **changes}.items():
            rows[name] = value
        made.set_extended_header(rows)
        made.header.exttyp = kind.encode()
    made.flush()
    return file.getvalue()


PILATUS_TIFF = """# Pixel_size 172e-6 m x 172e-6 m
# Silicon sensor, thickness 0.000320 m
# Exposure_time 0.5 s
# Count_cutoff 1048500 counts
# Wavelength 0.9795 A
# Detector_distance 0.25 m
# Beam_xy (15.50, 10.25) pixels
# Start_angle 12.0 deg.
# Angle_increment 0.5 deg.
"""


def tiff(*pixels: np.ndarray, text: str = PILATUS_TIFF, **options: Any) -> bytes:
    """A TIFF file of a page an image."""
    import tifffile

    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for page in pixels:
            writer.write(page, description=text or None, metadata=None, **options)
    return file.getvalue()
