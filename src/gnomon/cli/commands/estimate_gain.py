"""``gnomon estimate_gain``: the gain, and a map of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.step_command import step_command, tell
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def run(session: Session) -> None:
    """Say the gain of each set of images, and write the map of the first where it is asked for."""
    import io

    import numpy as np

    from gnomon.io.atomic import write_whole

    result = tell(STEPS["estimate_gain"], session, session.experiments())
    path = session.outputs.get("gain_map")
    if path and result.product is not None:
        content = io.BytesIO()
        np.savez_compressed(content, *result.product[0])
        write_whole(path, content.getvalue())
        session.wrote(path)


COMMAND = step_command("estimate_gain", run)
