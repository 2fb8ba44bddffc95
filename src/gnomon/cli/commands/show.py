"""``gnomon show``: what experiment and reflection files hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import REFLECTIONS, UNMERGED, Command
from gnomon.errors import UsageError
from gnomon.params import Params, param

if TYPE_CHECKING:
    from gnomon.cli.session import Session


class ShowParams(Params):
    """How much to print."""

    full: bool = param(False, "every model of every experiment, however many there are")


def run(session: Session[ShowParams]) -> None:
    """Print each file given."""
    from gnomon.cli.importing import imported_now
    from gnomon.io.expt import read_experiments
    from gnomon.io.refl import read_reflections
    from gnomon.report.show import describe_experiments
    from gnomon.report.show_reflections import describe_reflections

    if not session.words:
        raise UsageError("show needs files; give .expt or .refl files, or images")
    for experiments, table in session.unmerged:
        session.say(describe_experiments(experiments))
        session.say(describe_reflections(table))
    if session.images:
        session.say("images are given where experiments are needed: they are imported first")
        session.say(describe_experiments(imported_now(session, session.images), session.params.full))
    for word in (w for w in session.words if not w.lower().endswith(UNMERGED)):
        if word in session.images:
            continue
        if word.lower().endswith(REFLECTIONS):
            session.say(describe_reflections(read_reflections(word)))
        else:
            session.say(describe_experiments(read_experiments(word), session.params.full))


COMMAND = Command(
    name="show",
    summary="print what experiment and reflection files, and the headers of images, hold",
    params=lambda: ShowParams,
    run=run,
    needs=("paths",),
    usage="gnomon show FILES...",
    example="gnomon show imported.expt\ngnomon show scaled.expt scaled.refl\ngnomon show XDS_ASCII.HKL",
)
