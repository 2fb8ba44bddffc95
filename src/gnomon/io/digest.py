"""SHA-256 of files: what they are, whatever they are called."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable

WHOLE = 1 << 30
"""Bytes of files, all together, up to which all are read: a second's work. Of more, the ends of each."""
END = 1 << 16


def sha256_of(path: str | os.PathLike[str]) -> str:
    """The digest of a file's content."""
    digest = hashlib.sha256()
    _add(digest, path, whole=True)
    return digest.hexdigest()


def sha256_of_many(paths: Iterable[str]) -> tuple[str, bool]:
    """One digest of the names, sizes and contents of files in their order; and whether all of them was read.

    Of more than WHOLE bytes the first and last END bytes of each file stand for its content.
    """
    files = list(paths)
    sizes = [os.path.getsize(path) for path in files]
    digest, whole = hashlib.sha256(), sum(sizes) <= WHOLE
    for path, size in zip(files, sizes):
        digest.update(f"{os.path.basename(path)} {size}\n".encode(errors="surrogateescape"))
        _add(digest, path, whole)
    return digest.hexdigest(), whole


def _add(digest: hashlib._Hash, path: str | os.PathLike[str], whole: bool) -> None:
    """Add a file, or its ends, to a digest."""
    with open(path, "rb") as stream:
        if whole:
            while block := stream.read(1 << 20):
                digest.update(block)
            return
        digest.update(stream.read(END))
        stream.seek(max(0, os.path.getsize(path) - END))
        digest.update(stream.read(END))
