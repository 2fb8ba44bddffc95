"""``gnomon rs_mapper``: a map of reciprocal space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.step_command import step_command, tell
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session

ANGSTROM = 100.0
"""Å of the map that stand for 1/Å, as DIALS has it: of a size that programs for density are made for."""


def run(session: Session) -> None:
    """Map the images, and write the map."""
    from gnomon.io.density_map import write_map

    result = tell(STEPS["rs_mapper"], session, session.experiments())
    if (path := session.outputs.get("map_file")) and result.product is not None:
        write_map(path, result.product, ANGSTROM * 2 / result.summary.max_resolution)
        session.wrote(path)


COMMAND = step_command("rs_mapper", run)
