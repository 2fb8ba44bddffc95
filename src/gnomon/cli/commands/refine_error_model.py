"""``gnomon refine_error_model``: the basic error model fitted anew to scaled data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.step_command import given_data, step_command, tell
from gnomon.pipeline import PARTS

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def run(session: Session) -> None:
    """Fit, say the model and how sigmas fit before and after, show it on a page, and write its numbers if asked."""
    from dataclasses import asdict

    from gnomon.report.html.steps import told_by

    stage = PARTS["refine_error_model"]
    summary = tell(stage, session, *given_data(stage, session)).summary
    session.write_page(lambda: told_by(stage.name, summary))
    session.write_json(lambda: {name: value for name, value in asdict(summary).items() if name != "decisions"})


COMMAND = step_command("refine_error_model", run)
