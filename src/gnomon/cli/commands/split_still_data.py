"""``gnomon split_still_data``: stills as files, one pair for each group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.parts import numbered, write_parts
from gnomon.cli.step_command import given_data, params_of, step_command
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def run(session: Session) -> None:
    """Write group_0.expt and group_0.refl, group_1.expt..."""
    stage = STEPS["split_still_data"]
    parts = stage(*given_data(stage, session), **params_of(stage, session))
    expt, refl = (session.prefixed(f"group.{ending}") for ending in ("expt", "refl"))
    paths = [(numbered(expt, i, len(parts)), numbered(refl, i, len(parts))) for i in range(len(parts))]
    for part, (path, _) in zip(parts, paths):
        session.record.step(stage.name, session.params, part.summary, path)
        session.say(f"{path}: {stage.describe(part)}")
    write_parts(session, parts, paths)


COMMAND = step_command("split_still_data", run)
