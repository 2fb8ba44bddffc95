"""Files appear whole or not at all: written under a temporary name, then renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gnomon.step import InputError


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path beside ``path`` to write to; renamed to ``path`` on success, removed on any failure.

    Raises :class:`InputError`, one line, where the folder cannot be written or the disk is full.
    """
    final = Path(path)
    temporary = final.with_name(f".{final.name}.{os.getpid()}.part")
    try:
        yield temporary
        os.replace(temporary, final)
    except OSError as error:
        temporary.unlink(missing_ok=True) if _reachable(temporary) else None
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"cannot write {final}: {reason}; make room there or choose another folder") from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _reachable(path: Path) -> bool:
    return path.parent.is_dir() and os.access(path.parent, os.W_OK)


def write_whole(path: str | os.PathLike[str], content: bytes | str) -> None:
    """Write ``content`` (text as UTF-8) to ``path``, whole or not at all."""
    data = content.encode() if isinstance(content, str) else content
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        stream.write(data)
