"""``gnomon apply_mask``: experiments that use a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import EXPERIMENTS
from gnomon.cli.step_command import step_command, tell
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.steps.apply_mask.params import ApplyMaskParams

_MASKS = (".mask", ".npz", ".pickle")


def run(session: Session[ApplyMaskParams]) -> None:
    """Write the experiments with the masks that were given, by ``mask=`` or as files that end in .mask or .npz."""
    stage = STEPS["apply_mask"]
    params = session.params.changed(mask=(*session.params.mask, *session.files(*_MASKS)))
    session.write(tell(stage, session, session.experiments(), params=params))


COMMAND = step_command("apply_mask", run, reads=(*EXPERIMENTS, *_MASKS))
