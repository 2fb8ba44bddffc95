"""Only files are read: a pipe, a terminal or another device would wait for ever, or never end."""

from __future__ import annotations

import os
import stat

from gnomon.errors import InputError

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def require_file(path: str | os.PathLike[str]) -> None:
    """Check that what is at ``path``, if anything, is a file. Raises InputError before a byte is read."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return  # whoever opens it will say what is wrong
    for is_kind, words in _KINDS:
        if is_kind(mode):
            raise InputError(f"{path} is {words}, needed a file; give the name of one")
