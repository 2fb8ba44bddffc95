"""MTZ files opened: not before it is known that they hold as much as their header announces."""

from __future__ import annotations

import os
import re
import struct
from pathlib import Path

import gemmi

from gnomon.errors import InputError
from gnomon.io.plain_files import require_file

_WORD = 4  # bytes; counted in these
_RECORDS = 80_000_000  # bytes of header at most: of a million batches


def read_mtz(path: str | os.PathLike[str], with_data: bool = True) -> gemmi.Mtz:
    """The file. Raises InputError where it is no MTZ, cut off, or damaged."""
    require_file(path)
    try:
        _require_room(Path(path))
        with open(path, "rb") as stream:  # gemmi takes no name that is not UTF-8
            named = str(path) if str(path).isascii() else f"/dev/fd/{stream.fileno()}"
            mtz = gemmi.read_mtz_file(named, with_data=with_data)
        _check_texts(mtz)
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}; check the name") from None
    except (RuntimeError, ValueError, MemoryError, IndexError, struct.error, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path} cannot be read as MTZ: {reason}; it is damaged or cut off, write it anew") from None
    return mtz


def _check_texts(mtz: gemmi.Mtz) -> None:
    """Raises UnicodeDecodeError where a name is none: gemmi makes texts of bytes only when they are asked for."""
    for column in mtz.columns:
        _ = column.label, column.source
    for data_set in mtz.datasets:
        _ = data_set.dataset_name, data_set.crystal_name, data_set.project_name
    _ = mtz.title, mtz.spacegroup_name, mtz.history


def _require_room(path: Path) -> None:
    """Check that the file has room for its reflections: else memory for as many as announced is taken. ValueError."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(20)
        if head.startswith(b"MTZ ") and len(head) < 20:
            raise ValueError("it ends within its header")
        if not head.startswith(b"MTZ "):
            raise InputError(f"{path} is not an MTZ file; give one")
        order = ">" if head[8] >> 4 == 1 else "<"
        (at,) = struct.unpack_from(f"{order}i", head, 4)
        if at == -1:
            (at,) = struct.unpack_from(f"{order}q", head, 12)
        start = (at - 1) * _WORD
        if not 20 <= start < size:
            raise ValueError("its header is beyond its end")
        stream.seek(start)
        header = stream.read(min(size - start, _RECORDS))
    told = re.search(rb"^NCOL +(\d+) +(\d+)", header, re.MULTILINE) or re.search(rb"NCOL +(\d+) +(\d+)", header)
    if told is None:
        raise ValueError("its header has no NCOL")
    columns, rows = int(told[1]), int(told[2])
    if (20 + columns * rows) * _WORD > start + _WORD * 20:
        raise ValueError(f"it announces {rows} reflections in {columns} columns, and is shorter")
