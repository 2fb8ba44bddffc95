"""Many pairs of files written by one command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.io.expt import write_experiments
from gnomon.io.refl import write_reflections

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.step import Result

_FEW = 6  # pairs that are told one by one


def write_parts(session: Session, parts: Sequence[Result], paths: Sequence[tuple[str, str | None]]) -> None:
    """Write each part to its (experiments, reflections) path, the latter None where there are none; say which."""
    for part, (expt, refl) in zip(parts, paths):
        write_experiments(expt, session.stamped(part.experiments))
        if refl is not None:
            write_reflections(refl, part.reflections, shoeboxes="shoebox" in part.reflections)
        if len(parts) <= _FEW:
            session.wrote(expt)
            if refl is not None:
                session.wrote(refl)
    if len(parts) > _FEW:
        pair = "" if paths[0][1] is None else " with their reflections"
        session.say(f"wrote {paths[0][0]} to {paths[-1][0]}, {len(parts)} files{pair}")


def numbered(path: str, index: int, total: int, what: str = "") -> str:
    """``path`` with the index before its ending: ``combined_00.expt``, or ``combined_cluster_0.expt``."""
    given = Path(path)
    return str(given.with_name(f"{given.stem}{what}_{index:0{len(str(total - 1))}d}{given.suffix}"))
