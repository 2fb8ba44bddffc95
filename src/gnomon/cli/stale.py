"""What an earlier run left, and this one did not make again, must not pass for its result."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.io.atomic import is_given, put_aside
from gnomon.pipeline import STAGES

if TYPE_CHECKING:
    from gnomon.cli.session import Session

_OF_STAGES = ("expt", "refl", "html")
"""Kinds of files that process writes under the names that stages give them; others are its own outputs."""

CLUSTER = re.compile(r"cluster_\d+_(.+)")
"""What process calls the files of one cluster."""


def set_aside_stale(session: Session, ran: Sequence[str]) -> None:
    """Rename the files of an earlier run that stand where ``process`` writes but this run wrote nothing, and say so.

    ran: the stages that were gone through, in turn. What earlier stages leave stays, as this run began after them, and
    so does every file that was given.
    """
    stages = [name for name in STAGES if name in ran]
    if not stages:
        return
    new = {os.path.realpath(path) for path in session.written}
    moved = [(path, put_aside(path)) for path in _of_later_stages(session, stages[0]) if str(path.resolve()) not in new]
    if moved:
        names = ", ".join(f"{path} is now {kept}" for path, kept in moved)
        session.say(f"\nof an earlier run, not made again by this one: {names}")


def _of_later_stages(session: Session, first: str) -> Iterator[Path]:
    """The plain files here whose names are those of results from stage ``first`` on, but for what was given."""
    names = set(session.outputs.values())
    for stage in list(STAGES)[list(STAGES).index(first) :]:
        names.update(session.prefixed(path) for kind, path in STAGES[stage].writes if path and kind in _OF_STAGES)
    names = {os.path.basename(name) for name in names}
    for path in sorted(Path(session.prefixed("x")).parent.iterdir()):
        match = CLUSTER.fullmatch(path.name)
        known = path.name in names or (match is not None and match[1] in names)
        if known and path.is_file() and not path.is_symlink() and not is_given(path):
            yield path
