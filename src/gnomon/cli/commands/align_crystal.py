"""``gnomon align_crystal``: goniometer angles at which axes of the crystal lie as they should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.step_command import given_data, step_command, tell
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def run(session: Session) -> None:
    """Say which settings there are, and write them for other programs."""
    from gnomon.report.align_crystal import settings_json

    stage = STEPS["align_crystal"]
    result = tell(stage, session, *given_data(stage, session))
    session.write_json(lambda: settings_json(result.summary))


COMMAND = step_command("align_crystal", run)
