"""Small image files of every format, made by hand after the documents of those who write them."""

from __future__ import annotations

import struct

import numpy as np
import vendor_files

ADSC = {
    "DIM": "2", "BYTE_ORDER": "little_endian", "TYPE": "unsigned_short", "SIZE1": "30", "SIZE2": "20",
    "PIXEL_SIZE": "0.0816", "DATE": "Tue Jun 26 09:43:09 2007", "TIME": "0.5", "DISTANCE": "250.0",
    "OSC_START": "30.0", "OSC_RANGE": "0.5", "WAVELENGTH": "0.9795", "BEAM_CENTER_X": "1.1", "BEAM_CENTER_Y": "0.9",
}  # fmt: skip

DTREK = {
    "SIZE1": "30", "SIZE2": "20", "BYTE_ORDER": "big_endian", "Data_type": "long int", "COMPRESSION": "None",
    "DETECTOR_NAMES": "CCD_", "CCD_DETECTOR_VECTORS": "1 0 0 0 1 0", "CCD_SPATIAL_DISTORTION_INFO": "15 10 0.09 0.09",
    "CCD_GONIO_NAMES": "RotZ RotX/Swing RotY TransX TransY TransZ/Dist", "CCD_GONIO_UNITS": "deg deg deg mm mm mm",
    "CCD_GONIO_VALUES": "0.1 10.0 0.2 0.1 0.2 50.0",
    "CCD_GONIO_VECTORS": "0 0 1 1 0 0 0 1 0 1 0 0 0 1 0 0 0 -1",
    "CRYSTAL_GONIO_NAMES": "Omega Chi Phi", "CRYSTAL_GONIO_VALUES": "0 90 30",
    "CRYSTAL_GONIO_VECTORS": "1 0 0 0 1 0 1 0 0",
    "ROTATION": "30.0 30.5 0.5 5.0", "ROTATION_AXIS_NAME": "Phi", "ROTATION_VECTOR": "0 0 -1",
    "SOURCE_WAVELENGTH": "1 1.5418", "SOURCE_POLARZ": "0.5 0 1 0", "SOURCE_VECTORS": "0 0 1 1 0 0 0 1 0",
    "SATURATED_VALUE": "1000000", "DTREK_DATE_TIME": "26-Jun-2007 09:43:09",
}  # fmt: skip


def counts() -> np.ndarray:
    """(20, 30) counts of all that 16 bits hold, the last not zero."""
    return np.random.default_rng(3).integers(1, 65536, (20, 30)).astype(np.int32)


def smv(pixels: np.ndarray, entries: dict[str, str], dtype: str = "<u2") -> bytes:
    """An SMV file."""
    lines = "".join(f"{name}={value};\n" for name, value in entries.items())
    size = 512 * (len(lines) // 512 + 1)
    head = f"{{\nHEADER_BYTES={size:5d};\n{lines}}}\n\x0c".encode()
    return head.ljust(size) + pixels.astype(dtype).tobytes()


def marccd(pixels: np.ndarray, order: str = "<", **changes: int) -> bytes:
    """A MarCCD file: tags of a TIFF image that begins at byte 4096, and the header of mar USA."""
    ny, nx = pixels.shape
    tags = [(256, nx), (257, ny), (258, 16), (259, 1), (262, 1), (273, 4096), (277, 1), (278, ny), (279, 2 * nx * ny)]
    head = bytearray(4096)
    head[:10] = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(tags))
    for i, (tag, value) in enumerate(tags):
        struct.pack_into(order + "HHII", head, 10 + 12 * i, tag, 4, 1, value)
    head[1028:1031] = b"MMX"
    fields = {
        80: nx, 84: ny, 88: 2, 104: 65535, 640: 150_000, 644: 15_500, 648: 10_250, 656: 1000, 684: 30_000, 732: 4,
        736: 500, 772: 79_000, 776: 79_000, 908: 97_950, **{int(k[1:]): v for k, v in changes.items()},
    }  # fmt: skip
    for at, value in fields.items():
        struct.pack_into(order + "i", head, 1024 + at, value)
    return bytes(head) + pixels.astype(f"{order}u2").tobytes()


EDF = {
    "HeaderID": "EH:000001:000000:000000", "ByteOrder": "LowByteFirst", "DataType": "UnsignedShort", "Dim_1": "30",
    "Dim_2": "20", "Center_1": "15.5", "Center_2": "10.25", "PSize_1": "5e-05", "PSize_2": "6e-05",
    "SampleDistance": "0.2", "WaveLength": "9.795e-11", "ExposureTime": "2",
}  # fmt: skip


def edf(pixels: np.ndarray, entries: dict[str, str], dtype: str = "<u2") -> bytes:
    """An EDF file."""
    lines = "".join(f"{name} = {value} ;\n" for name, value in entries.items())
    return f"{{\n{lines}".encode().ljust(1022) + b"}\n" + pixels.astype(dtype).tobytes()


_MAKERS = {
    "edf": ("a_001.edf", lambda: edf(counts(), EDF)),
    "marccd": ("a_001.mccd", lambda: marccd(counts())),
    "adsc": ("a_001.img", lambda: smv(counts(), ADSC)),
    "dtrek": ("a_001.img", lambda: smv(counts(), DTREK, ">i4")),
    "edf of several": (
        "a.edf",
        lambda: b"".join(edf(counts() + i, EDF, "<u4") for i in range(3)).replace(b"UnsignedShort", b"UnsignedLong"),
    ),
    "mar345": ("a_001.mar345", lambda: vendor_files.mar345(vendor_files.strong_counts((64, 64)))),
    "bruker": ("a_001.sfrm", lambda: vendor_files.bruker(vendor_files.strong_counts())),
    "raxis": ("a_001.osc", lambda: vendor_files.raxis(vendor_files.strong_counts(most=32767))),
    "oxford": ("a_001.rodhypix", lambda: vendor_files.oxford(vendor_files.strong_counts())),
    "oxford TY5": ("a_001.img", lambda: vendor_files.oxford(vendor_files.strong_counts(), "TY5")),
    "oxford TY1": ("a_001.img", lambda: vendor_files.oxford(vendor_files.strong_counts(), "TY1")),
    "mrc": ("a_001.mrc", lambda: vendor_files.mrc(counts().astype(np.int16))),
    "mrc stack": ("a.mrc", lambda: vendor_files.mrc(np.stack([counts()] * 3).astype(np.float32))),
    "tiff": ("a_001.tif", lambda: vendor_files.tiff(counts())),
    "tiff pages": ("a.tif", lambda: vendor_files.tiff(*[counts().astype(np.uint16)] * 3, compression="zlib")),
}

KINDS = tuple(_MAKERS)
"""Kinds of files that :func:`made` makes."""


def made(kind: str) -> tuple[str, bytes]:
    """A name for a file of this kind, and its contents."""
    name, make = _MAKERS[kind]
    return name, make()
