"""``gnomon import``: image files to imported.expt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import EXPERIMENTS
from gnomon.cli.step_command import step_command, tell
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def run(session: Session) -> None:
    """Group the images into sweeps, read their geometry, write experiments."""
    models = session.files(*EXPERIMENTS)
    paths = [w for w in session.words if w not in models]
    reference = session.experiments() if models else None
    stage = STEPS["import"]
    result = tell(stage, session, paths, reference=reference)
    session.write(result)
    session.write_page(lambda: stage.page_sections(result))


COMMAND = step_command("import", run, reads=None)
