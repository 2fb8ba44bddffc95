"""What one run wrote is read together: its ``.expt`` names the ``.refl`` beside it, with the checksum of its bytes.

Two runs in one folder, a full disk or a kill can leave a new file beside an old one; each is whole, and their
identifiers agree. The mark is the last field of the history's last line (``time|program|version|reflections=
scaled.refl:1a2b3c4d``), which other programs carry along or leave out.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import gnomon
from gnomon.errors import InputError
from gnomon.io.atomic import identity_of
from gnomon.models.experiment import Experiments

_WORD = "reflections="


class Partner(NamedTuple):
    """The reflection file that was written with an experiment file."""

    name: str
    checksum: str
    program: str  # that wrote both


def mark_of(path: str | os.PathLike[str]) -> str:
    """The mark of the ``.refl`` file at ``path``; empty where it is no file to be read again."""
    return "" if identity_of(path) is None else f"{_WORD}{Path(path).name}:{_checksum(path)}"


def with_history_line(experiments: Experiments, when: datetime, program: str, mark: str = "") -> Experiments:
    """The experiments with one more line of history; ``mark``: of the reflections that are written with them."""
    fields = [when.isoformat(timespec="seconds"), program, gnomon.__version__, *([mark] if mark else [])]
    return replace(experiments, history=(*experiments.history, "|".join(fields)))


def partner_of(experiments: Experiments) -> Partner | None:
    """The partner of an experiment file as it was read; None where its last writer did not tell one."""
    last = experiments.history[-1] if experiments.history else ""
    _, program, _, mark = [*last.split("|", 3), "", "", ""][:4]
    name, colon, checksum = mark.removeprefix(_WORD).rpartition(":")
    return Partner(name, checksum, program) if mark.startswith(_WORD) and colon else None


def check_pairs(read: Sequence[Experiments], refl_paths: Sequence[str]) -> None:
    """Check that no ``.refl`` file has the name of a partner of the experiment files, but another content.

    read: each experiment file's. Reflections of another step, under another name, may be used with any. Raises
    InputError.
    """
    partners = [partner for part in read if (partner := partner_of(part)) is not None]
    if len(partners) < len(read):
        return
    for path in refl_paths:
        named = [partner for partner in partners if partner.name == Path(path).name]
        if named and _checksum(path) not in {partner.checksum for partner in named}:
            raise InputError(
                f"{path} is not the one that {named[0].program} wrote with the .expt file given: one of them is of "
                "another run, or was changed since; run that step again, or rename the .refl file to use it as it is"
            )


def _checksum(path: str | os.PathLike[str]) -> str:
    """Eight hexadecimal digits. Raises InputError where the file cannot be read."""
    from isal import isal_zlib  # 8 GB/s, zlib 1

    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size == 0:  # nothing to map
                return f"{0:08x}"
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return f"{isal_zlib.crc32(content):08x}"
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}; check the name") from None
