"""Files appear whole or not at all, and what a run was given is never written over.

A file is written under a temporary name, then renamed. Links are followed; devices and pipes are written to as they
are.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gnomon.errors import InputError

_LONGEST = 250  # bytes of a name; file systems take 255
_HOST = socket.gethostname()
_given: set[tuple[int, int]] = set()  # device and inode of what must not be lost
_kept: dict[Path, Path] = {}  # where each of those is now that would have been written over
_looked_at: set[Path] = set()  # folders without parts of dead runs


@contextmanager
def guarded(given: Iterable[str]) -> Iterator[None]:
    """For the time of a block, keep the files ``given``: one that would be written over gets another name first."""
    guard(given)
    try:
        yield
    finally:
        _given.clear()
        _kept.clear()


def guard(given: Iterable[str]) -> None:
    """Keep these files too."""
    _given.update(identity for path in given if (identity := identity_of(path)) is not None)


def kept_aside() -> dict[Path, Path]:
    """Old and new names of what has been kept since the block began."""
    return dict(_kept)


def identity_of(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """What two names of one regular file have in common; None where there is no such file."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if os.path.isfile(path) else None


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path beside ``path`` to write to; renamed to ``path`` on success, removed on any failure.

    Raises :class:`InputError`, one line, where the folder cannot be written, the disk is full, or ``path`` is a folder.
    """
    final = Path(os.path.realpath(path))
    if final.is_dir():
        raise InputError(f"cannot write {path}: it is a folder; give the name of a file")
    if final.exists() and not final.is_file():  # a device or a pipe, which must not be replaced by a file
        yield final
        return
    temporary = final.with_name(_part_of(final.name))
    try:
        _remove_parts_of_the_dead(final.parent)
        yield temporary
        _to_disk(temporary)
        _set_aside(final)
        os.replace(temporary, final)
    except OSError as error:
        temporary.unlink(missing_ok=True) if _reachable(temporary) else None
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"cannot write {path}: {reason}; make room there or choose another folder") from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _part_of(name: str) -> str:
    """The temporary name for a file of this name: no longer than names may be."""
    end = f".{_HOST}.{os.getpid()}.part"
    kept = os.fsdecode(os.fsencode(name)[: max(1, _LONGEST - len(end) - 1)])
    return f".{kept}{end}"


def _to_disk(path: Path) -> None:
    """Wait until the content lies on the disk: else a power cut after the renaming may leave an empty file."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def _set_aside(final: Path) -> None:
    """Give what is at ``final`` a second name that no pattern of inputs matches, where it was given to this run."""
    if not is_given(final):
        return
    kept = _free_name(final)
    try:
        os.link(final, kept)  # at no moment is there none at the first name
    except OSError:  # some file systems have no links
        os.rename(final, kept)
    _kept[final] = kept


def is_given(path: str | os.PathLike[str]) -> bool:
    """Whether the file was given to this run."""
    return identity_of(path) in _given


def put_aside(path: Path) -> Path:
    """The new name of what was at ``path``. Raises OSError where it cannot be renamed."""
    kept = _free_name(path)
    os.rename(path, kept)
    return kept


def _free_name(path: Path) -> Path:
    """A name beside ``path`` that nothing has yet."""
    number = 1
    while (kept := path.with_name(f"{path.name}.before{number}")).exists():
        number += 1
    return kept


def _remove_parts_of_the_dead(folder: Path) -> None:
    """Remove what runs on this machine left in ``folder`` when they were killed; looks there once."""
    if folder in _looked_at:
        return
    _looked_at.add(folder)
    for found in os.listdir(folder):
        pid = re.fullmatch(rf"\..+\.{re.escape(_HOST)}\.(\d+)\.part", found)
        if pid and not _runs(int(pid[1])):
            with suppress(OSError):  # another run may have been quicker
                (folder / found).unlink()


def _runs(pid: int) -> bool:
    """Whether there is such a process on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _reachable(path: Path) -> bool:
    return path.parent.is_dir() and os.access(path.parent, os.W_OK)


def write_whole(path: str | os.PathLike[str], content: bytes | str) -> None:
    """Write ``content`` (text as UTF-8) to ``path``, whole or not at all."""
    data = content.encode(errors="backslashreplace") if isinstance(content, str) else content  # names need not be UTF-8
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        stream.write(data)
