"""``gnomon detect_blanks``: images that hold next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.step_command import given_data, step_command, tell
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def run(session: Session) -> None:
    """Say which images are blank, and write what each step along the scan has."""
    from gnomon.report.detect_blanks import blanks_json

    stage = STEPS["detect_blanks"]
    result = tell(stage, session, *given_data(stage, session))
    session.write_json(lambda: blanks_json(result.summary))


COMMAND = step_command("detect_blanks", run)
