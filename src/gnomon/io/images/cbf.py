"""CBF files: an ASCII header and one binary section of packed pixels, or several."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.buffers import Buffers
from gnomon.io.images.compressed import read_bytes, read_head
from gnomon.models.detector import LONGEST_SIDE, MOST_PIXELS

START = b"\x0c\x1a\x04\xd5"
"""The bytes before the binary section."""
BOUNDARY = "--CIF-BINARY-FORMAT-SECTION--"

_BETWEEN = 1 << 16
"""Bytes between two binary sections: padding of a block, and the headers of the next."""
_MOST_SECTIONS = 256
"""Binary sections of a file: four times the modules of the largest detectors."""
_PACKED_HEAD = 32
"""Bytes before packed blocks: the number of pixels, the lowest, the highest, and some that are not used."""
_TAIL = 1 << 20  # bytes that a file may have behind its pixels, and its header beyond a block


@dataclass(frozen=True)
class Cbf:
    """A CBF file taken apart: header text, MIME headers of the binary section (lower-case names), packed pixels."""

    path: str
    text: str
    mime: Mapping[str, str]
    packed: memoryview
    rest: memoryview = memoryview(b"")  # of the file, behind the section

    @property
    def planes(self) -> int:
        """Of how many planes the section is, one after the other."""
        name = "x-binary-size-third-dimension"
        return max(1, self._number(name)) if self.mime.get(name, "").strip() else 1

    @property
    def shape(self) -> tuple[int, int]:
        """Pixels along slow and fast, planes below each other.

        Raises InputError where the header's are missing or of no detector.
        """
        names = ("x-binary-size-second-dimension", "x-binary-size-fastest-dimension")
        slow, fast = self._number(names[0]) * self.planes, self._number(names[1])
        if max(slow, fast) > LONGEST_SIDE or slow * fast > MOST_PIXELS:
            raise InputError(
                f"{self.path}: the CBF header tells of {fast} x {slow} pixels; is it damaged? copy it again"
            )
        return slow, fast

    def _number(self, name: str) -> int:
        value = self.mime.get(name, "")
        if not value.isdecimal():
            raise InputError(f"{self.path}: the CBF header has no number at {name}; is the file complete?")
        return int(value)


def split(path: str, data: bytes) -> Cbf:
    """The parts of a CBF file. ``data`` may end anywhere after the headers of the binary section.

    Raises InputError where there is no binary section.
    """
    start = data.find(START)
    if start < 0:
        raise InputError(f"{path}: no CBF binary section in the file; it is not a CBF image or is cut short")
    text, _, mime = data[:start].decode("latin-1").replace("\r\n", "\n").partition(BOUNDARY)
    unfolded = re.sub(r"\n[ \t]+", " ", mime)
    headers = dict(re.findall(r"^([\w-]+):[ \t]*(.*?)[ \t]*$", unfolded, re.MULTILINE))
    headers = {name.lower(): value for name, value in headers.items()}
    text = text.rpartition("_array_data.data")[0] or text
    return Cbf(path, text, headers, memoryview(data)[start + len(START) :])


def read_cbf(path: str) -> Cbf:
    """The whole file at ``path``, its binary section cut to the size that the header gives.

    Raises InputError where the file has fewer bytes than it announces.
    """
    return whole(path, read_bytes(path, size_of(path)))


def size_of(path: str) -> Callable[[bytes], int]:
    """What tells the size of a CBF file, in bytes, from its beginning: where pixels start, how many bytes, its end."""
    return lambda head: len(head) + split(path, read_head(path, START))._number("x-binary-size") + _TAIL


def whole(path: str, data: bytes) -> Cbf:
    """The parts of a CBF file of which ``data`` should be all; its binary section cut as :func:`read_cbf` does it."""
    cbf = split(path, data)
    size = cbf._number("x-binary-size")
    if len(cbf.packed) < size:
        raise InputError(f"{path}: cut short, {len(cbf.packed)} of {size} bytes of pixels; copy the file again")
    return Cbf(path, cbf.text, cbf.mime, cbf.packed[:size], cbf.packed[size:])


def sections(cbf: Cbf) -> list[Cbf]:
    """The binary sections of a whole file, the first first.

    Raises InputError where one is cut short, or they are more than any detector has.
    """
    found = [cbf]
    while START in bytes(found[-1].rest[:_BETWEEN]):
        if len(found) == _MOST_SECTIONS:
            raise InputError(f"{cbf.path}: more than {_MOST_SECTIONS} binary sections; is it damaged? copy it again")
        found.append(whole(cbf.path, bytes(found[-1].rest)))
    return found


def stacked(path: str, parts: list[np.ndarray]) -> np.ndarray:
    """The parts below each other, (slow, fast). Raises InputError where they are of several widths."""
    if len({part.shape[1] for part in parts}) > 1:
        raise InputError(f"{path}: its binary sections are of several widths; convert the image to NXmx")
    return np.concatenate(parts)


def read_cbf_header(path: str) -> Cbf:
    """The file without its pixels: only the beginning is read."""
    return split(path, read_head(path, START))


def check_md5(cbf: Cbf) -> bool:
    """Whether the file has a checksum. Raises InputError where it has one that its pixels do not match."""
    announced = cbf.mime.get("content-md5")
    if not announced:
        return False
    found = base64.b64encode(hashlib.md5(cbf.packed, usedforsecurity=False).digest()).decode()
    if found != announced:
        raise InputError(f"{cbf.path}: the pixels do not match the file's MD5 checksum; copy the file again")
    return True


def decode(cbf: Cbf, buffers: Buffers | None = None) -> np.ndarray:
    """The pixels, (slow, fast) int32, in ``buffers`` if given.

    Raises InputError where the packing is not byte-offset or the pixels are fewer than announced.
    """
    conversion = cbf.mime.get("content-type", "") + cbf.mime.get("conversions", "")
    packing = re.search(r"x-cbf_(\w+)[\s\";]*([\w\s]*)", conversion.lower())
    if packing is not None and packing.group(1) == "packed" and not packing.group(2).strip():
        return _unpacked_blocks(cbf)
    if packing is None or packing.group(1) != "byte_offset":
        raise InputError(
            f"{cbf.path}: its pixels are packed as {conversion or 'unknown'}; gnomon reads x-CBF_BYTE_OFFSET and "
            "x-CBF_PACKED: convert the image"
        )
    from gnomon.kernels.decode import unpack_byte_offset  # numba: only when pixels are wanted

    size = cbf.shape[0] * cbf.shape[1]
    if size > len(cbf.packed):  # each takes a byte at least
        raise InputError(f"{cbf.path}: cut short, at most {len(cbf.packed)} of {size} pixels; copy the file again")
    pixels = (buffers or Buffers()).take("pixels", cbf.shape, np.int32)
    count, _ = unpack_byte_offset(np.frombuffer(cbf.packed, np.int8), pixels.reshape(-1))
    if count < pixels.size:
        raise InputError(f"{cbf.path}: cut short, {count} of {pixels.size} pixels; copy the file again")
    return pixels


def _unpacked_blocks(cbf: Cbf) -> np.ndarray:
    """The pixels of a section packed in blocks of bits, (slow, fast) int32."""
    from gnomon.kernels.cbf_packed import unpack_cbf_packed

    (slow, fast), planes = cbf.shape, cbf.planes
    packed = np.frombuffer(cbf.packed, np.uint8)[_PACKED_HEAD:]
    if 128 * 8 * len(packed) < 6 * slow * fast:  # six bits tell of 128 pixels at most
        raise InputError(
            f"{cbf.path}: cut short, {len(packed)} bytes of packed pixels are too few; copy the file again"
        )
    pixels = np.empty((planes, slow // planes, fast), np.int32)
    count = unpack_cbf_packed(packed, pixels)
    if count < pixels.size:
        raise InputError(f"{cbf.path}: cut short, {count} of {pixels.size} pixels; copy the file again")
    return pixels.reshape(slow, fast)
