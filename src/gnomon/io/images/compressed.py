"""Files as they are or compressed (.gz, .bz2), whole or only their first bytes."""

from __future__ import annotations

import bz2
import zlib
from pathlib import Path

from isal import igzip, isal_zlib

from gnomon.step import InputError

COMPRESSED = (".gz", ".bz2")
"""Suffixes of compressed files."""

_BLOCK = 16384


def _load(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such image; put it back, or import the images that are there") from None
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror or error}); check the disk and permissions"
        ) from None


def read_bytes(path: str) -> bytes:
    """The whole contents, unpacked where the name ends in .gz or .bz2.

    Raises InputError where the file is missing, cut short or damaged.
    """
    packed = _load(path)
    try:
        if path.endswith(".gz"):
            return igzip.decompress(packed)
        if path.endswith(".bz2"):
            return bz2.decompress(packed)
    except (EOFError, OSError, ValueError, zlib.error, isal_zlib.error) as error:
        raise InputError(f"{path}: the compressed file is damaged or cut short ({error}); copy it again") from None
    return packed


def read_head(path: str, stop: bytes = b"", limit: int = 1 << 20) -> bytes:
    """The unpacked beginning: a block past the first ``stop``, or ``limit`` bytes, or all there is.

    With an empty ``stop``, one block. Raises InputError as :func:`read_bytes`.
    """
    opener = {".gz": igzip.open, ".bz2": bz2.open}.get(Path(path).suffix, open)
    head = b""
    try:
        with opener(path, "rb") as file:
            while len(head) < limit:
                block = file.read(_BLOCK)
                head += block
                if not block or not stop or stop in head[-len(block) - len(stop) :]:
                    break
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such image; check the name") from None
    except (EOFError, OSError, ValueError, zlib.error, isal_zlib.error) as error:
        raise InputError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}); check it") from None
    return head
