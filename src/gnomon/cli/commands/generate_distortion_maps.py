"""``gnomon generate_distortion_maps``: the files of a known distortion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.step_command import step_command, tell
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def run(session: Session) -> None:
    """Make the tables, and write that of each axis."""
    from gnomon.io.atomic import write_whole
    from gnomon.io.images.flex_pickles import pickled_offsets

    result = tell(STEPS["generate_distortion_maps"], session, session.experiments())
    for kind, content in zip(("x_map", "y_map"), pickled_offsets(result.experiments[0].detector)):
        if path := session.outputs.get(kind):
            write_whole(path, content)
            session.wrote(path)


COMMAND = step_command("generate_distortion_maps", run)
