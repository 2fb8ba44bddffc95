"""``gnomon unit_cell_histogram``: histograms of cells as a page, a picture and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.step_command import step_command, tell
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def run(session: Session) -> None:
    """Count the cells; write the page, the picture and the numbers."""
    from gnomon.io.atomic import write_whole
    from gnomon.models.reflections import Reflections
    from gnomon.report.unit_cell_histogram import histograms_png, numbers

    stage = STEPS["unit_cell_histogram"]
    result = tell(stage, session, session.experiments(), Reflections())
    session.write_page(lambda: stage.page_sections(result))
    if path := session.outputs.get("png"):
        write_whole(path, histograms_png(result.summary))
        session.wrote(path)
    session.write_json(lambda: numbers(result.summary))


COMMAND = step_command("unit_cell_histogram", run)
