"""``gnomon compute_delta_cchalf``: what each data set, or group of images, does to CC1/2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.step_command import given_data, step_command, tell
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def run(session: Session) -> None:
    """Judge the scaled data given; write them without what spoils them, if anything does."""
    stage = STEPS["compute_delta_cchalf"]
    result = tell(stage, session, *given_data(stage, session))
    if any(part.spoils for part in result.summary.parts):
        session.write(result)
        session.say("scale again what is left; or let scale do both: filtering.method=deltacchalf")
    session.write_page(lambda: stage.page_sections(result))


COMMAND = step_command("compute_delta_cchalf", run)
