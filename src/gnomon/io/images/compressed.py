"""Files as they are or compressed (.gz, .bz2), whole or only their first bytes."""

from __future__ import annotations

import bz2
import lzma
import mmap
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from isal import igzip, igzip_lib, isal_zlib

from gnomon.errors import InputError
from gnomon.io.plain_files import require_file

CHECKED = (".gz", ".bz2", ".xz")
"""Suffixes of compressed files that always carry a checksum, tested when they are unpacked."""
COMPRESSED = (*CHECKED, ".zst")
"""Suffixes of compressed files."""
PACKED_STARTS = {b"\x1f\x8b": ".gz", b"BZh": ".bz2", b"\xfd7zXZ\x00": ".xz", b"\x28\xb5\x2f\xfd": ".zst"}
"""How compressed files begin, and how their names should end."""

_ISAL: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # isal says that it is an instance
_DAMAGED = (EOFError, OSError, ValueError, zlib.error, _ISAL, lzma.LZMAError)

_BLOCK = 16384


MOST = 400_000_000
"""Bytes that a file may unpack to where its header does not tell how many: ten times the largest image. A few kB can
unpack to as many GB; where there are more packed bytes, it may be USUAL_RATIO times as many as these."""
USUAL_RATIO = 20
"""By which stacks of images and tables shrink at most; zeros shrink a thousandfold."""
_FREE = 64_000_000
"""Bytes that are unpacked before anything is asked: more than images have."""
_PIECE = 1024  # bytes of Zstandard unpacked at a time: they give no more than some ten MB


class TooLong(Exception):  # noqa: N818 - it is told as an InputError
    """A file unpacks to more than was asked for."""


def load(path: str) -> bytes:
    """The whole contents as they are. Raises InputError where the file is missing or cannot be read."""
    require_file(path)
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such image; put it back, or import the images that are there") from None
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror or error}); check the disk and permissions"
        ) from None


def _unpack_gz(packed: bytes, most: int) -> bytes:
    """All members of a gzip file, with their checksums. Raises IsalError where one is damaged, EOFError where it ends
    too soon, TooLong beyond ``most`` bytes.

    ``igzip.decompress`` does the same by way of a file object, which copies: 3 of 14 ms for 6 MB.
    """
    member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    content = member.decompress(packed, most + 1)
    if len(content) > most:
        raise TooLong
    if not member.eof:
        raise EOFError("the compressed file ends before its end-of-stream marker")
    if not member.unused_data.lstrip(b"\0"):  # gzip allows a file to be filled up
        return content
    return _read(igzip.open(BytesIO(packed)), most)


def _read(stream: Any, most: int) -> bytes:
    """The whole stream. Raises TooLong beyond ``most`` bytes."""
    content: bytes = stream.read(most + 1)
    if len(content) > most:
        raise TooLong
    return content


def _unpack_xz(packed: bytes, most: int) -> bytes:
    """The whole stream, as :func:`_read`."""
    with lzma.LZMAFile(BytesIO(packed)) as stream:
        return _read(stream, most)


def _unpack_zst(packed: bytes, most: int) -> bytes:
    """All frames of a Zstandard file. Raises ZstdError where one is damaged, EOFError where it is not complete, TooLong
    beyond ``most`` bytes."""
    import zstandard  # only where there is such a file

    pieces, size, rest = [], 0, memoryview(packed)
    frame, begun = zstandard.ZstdDecompressor().decompressobj(), False
    while rest:
        pieces.append(frame.decompress(rest[:_PIECE]))
        size, begun = size + len(pieces[-1]), True
        if size > most:
            raise TooLong
        left = len(frame.unused_data) if frame.eof else 0
        rest = rest[min(_PIECE, len(rest)) - left :]
        if frame.eof:
            frame, begun = zstandard.ZstdDecompressor().decompressobj(), False
    if begun:
        raise EOFError("the last frame does not end")
    return b"".join(pieces)


def _open_zst(path: str, mode: str) -> Any:
    import zstandard

    return zstandard.open(path, mode)


def _damages(path: str) -> tuple[type[Exception], ...]:
    """What is raised where the compressed file at ``path`` is damaged."""
    if not path.endswith(".zst"):
        return _DAMAGED
    import zstandard

    return (*_DAMAGED, zstandard.ZstdError)


_UNPACK: dict[str, Callable[[bytes, int], bytes]] = {
    ".gz": _unpack_gz,
    ".bz2": lambda packed, most: _read(bz2.BZ2File(BytesIO(packed)), most),
    ".xz": _unpack_xz,
    ".zst": _unpack_zst,
}
_OPEN: dict[str, Callable[..., Any]] = {".gz": igzip.open, ".bz2": bz2.open, ".xz": lzma.open, ".zst": _open_zst}


def most_unpacked(packed: bytes) -> int:
    """Bytes that a file may unpack to where nothing tells how many: ``MOST``, or ``USUAL_RATIO`` times the packed."""
    return max(MOST, USUAL_RATIO * len(packed))


def read_bytes(path: str, announced: Callable[[bytes], int] | None = None) -> bytes:
    """The whole contents, unpacked where the name ends in one of ``COMPRESSED``; announced: as for :func:`unpacked`.

    Raises InputError where the file is missing, cut short or damaged.
    """
    return unpacked(path, load(path), announced)


def unpacked(path: str, content: bytes, announced: Callable[[bytes], int] | None = None) -> bytes:
    """The ``content`` of the file at ``path``, unpacked where the name says so; InputError where it is damaged.

    announced: how many bytes the whole file has by what its first unpacked bytes say. No more than that is unpacked,
    nor, where nothing says it, more than :func:`most_unpacked`.
    """
    unpack = _UNPACK.get(Path(path).suffix)
    if unpack is None:
        return content
    try:
        try:
            return unpack(content, _FREE)
        except TooLong:
            most = most_unpacked(content) if announced is None else max(_FREE, announced(read_head(path)))
            return unpack(content, most)
    except TooLong:
        raise InputError(
            f"{path}: unpacks to more than {most / 1e6:.0f} MB, which is no image; unpack it yourself if it is whole"
        ) from None
    except _damages(path) as error:
        raise InputError(f"{path}: the compressed file is damaged or cut short ({error}); copy it again") from None


def mapped(path: str) -> bytes | mmap.mmap:
    """The whole contents: unpacked where compressed, else mapped, so that only the parts that are used are read.

    Raises InputError as :func:`read_bytes`.
    """
    if Path(path).suffix in _UNPACK:
        return read_bytes(path)
    require_file(path)
    try:
        with open(path, "rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # missing, unreadable or empty
        return read_bytes(path)


def read_head(path: str, stop: bytes = b"", limit: int = 1 << 20) -> bytes:
    """The unpacked beginning: a block past the first ``stop``, or ``limit`` bytes, or all there is.

    With an empty ``stop``, one block. Raises InputError as :func:`read_bytes`.
    """
    opener = _OPEN.get(Path(path).suffix, open)
    head = b""
    require_file(path)
    try:
        with opener(path, "rb") as file:
            while len(head) < limit:
                block = file.read(_BLOCK)
                head += block
                if not block or not stop or stop in head[-len(block) - len(stop) :]:
                    break
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such image; check the name") from None
    except _damages(path) as error:
        raise InputError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}); check it") from None
    return head
