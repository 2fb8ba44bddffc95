"""Many pairs of files written by one command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.step import Data

_FEW = 6  # pairs that are told one by one


def write_parts(session: Session, parts: Sequence[Data], paths: Sequence[tuple[str | None, str | None]]) -> None:
    """Write each part to its (experiments, reflections) path, None where there are none to write; say which."""
    few = len(parts) <= _FEW
    for part, pair in zip(parts, paths):
        _, files = session.write_pair(part, pair, shoeboxes="shoebox" in part.reflections, told=few)
        for path in () if few else files:
            session.remember(path)
    if not few:
        first, last = ([path for path in pair if path is not None] for pair in (paths[0], paths[-1]))
        also = " with their reflections" if len(first) > 1 else ""
        session.say(f"wrote {first[0]} to {last[0]}, {len(parts)} files{also}" if first else "wrote no files")


def numbered(path: str, index: int, total: int, what: str = "") -> str:
    """``path`` with the index before its ending: ``combined_00.expt``, or ``combined_cluster_0.expt``."""
    given = Path(path)
    return str(given.with_name(f"{given.stem}{what}_{index:0{len(str(total - 1))}d}{given.suffix}"))
