"""Where a page comes from: the command, its files, parameters and times, as its last section."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import gnomon
from gnomon.cli.arguments import options_of
from gnomon.cli.outputs import record_of
from gnomon.io.atomic import identity_of
from gnomon.report.html.blocks import Block, Links, Section, Table

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.params import Params

_MOST_FILES = 20  # of one kind that are named one by one


def provenance(session: Session, given: Sequence[str], when: str) -> Section:
    """What was typed and when, the files given and written, parameters other than defaults, seconds of each step."""
    facts = [
        ("command", f"gnomon {session.command} {' '.join(session.typed)}".strip()[:2000]),
        ("program", f"gnomon {gnomon.__version__}"),
        ("written", when),
        ("folder", os.getcwd()),
    ]
    blocks: list[Block] = [
        Table("Run", ("what", "value"), facts),
        Table("Files", ("file", "what", "MB"), [*_files(given, "given"), *_files(session.written, "written")]),
        Table("Parameters", ("parameter", "value", "default"), list(_parameters(session.params)), "Others: defaults."),
        Table("Times", ("step", "of", "wall / s", "CPU / s"), _times(session)),
    ]
    links = [(os.path.basename(path), os.path.basename(path)) for path in _beside(session)]
    return Section("Provenance", [b for b in blocks if not isinstance(b, Table) or b.rows] + [Links(links)], open=False)


def _files(paths: Sequence[str], what: str) -> Iterator[tuple[str, str, str]]:
    present = [path for path in dict.fromkeys(paths) if identity_of(path) is not None]
    for path in present[:_MOST_FILES]:
        yield path, what, f"{os.path.getsize(path) / 1e6:.1f}"
    if len(present) > _MOST_FILES:
        yield f"and {len(present) - _MOST_FILES} more", what, ""


def _parameters(params: Params) -> Iterator[tuple[str, str, str]]:
    """Parameters that are not what they are by default."""
    fields = type(params).model_fields
    for option in options_of(type(params), ""):
        value = getattr(params, option.key)
        default: Any = fields[option.key].get_default(call_default_factory=True)
        if value != default:
            yield option.name, str(value), str(default)


def _times(session: Session) -> list[tuple[str, str, str, str]]:
    return [(s.step, s.part or "all", f"{s.wall:.1f}", f"{s.cpu:.1f}") for s in session.record.steps]


def _beside(session: Session) -> list[str]:
    """The log and the record of the run, where they are files."""
    log = session.log.name
    return [log, record_of(log)] if identity_of(log) is not None else []
