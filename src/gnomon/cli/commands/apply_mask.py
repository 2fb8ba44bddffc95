"""``gnomon apply_mask``: experiments that use a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import EXPERIMENTS, Command
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def _params() -> type[Params]:
    from gnomon.steps.apply_mask.params import ApplyMaskParams

    return ApplyMaskParams


def run(session: Session) -> None:
    """Write the experiments with the masks that were given, by ``mask=`` or as files that end in .mask or .npz."""
    from gnomon.models.reflections import Reflections
    from gnomon.report.apply_mask import describe
    from gnomon.steps.apply_mask.params import ApplyMaskParams
    from gnomon.steps.apply_mask.step import apply_mask

    params = session.params
    assert isinstance(params, ApplyMaskParams)
    params = params.changed(mask=(*params.mask, *session.files(".mask", ".npz", ".pickle")))
    result = apply_mask(session.experiments(), Reflections(), params)
    session.say(describe(result.summary))
    session.record.step("apply_mask", session.params, result.summary)
    session.write(result)


COMMAND = Command(
    name="apply_mask",
    summary="have experiments use a mask, or leave out shadows of the goniometer",
    params=_params,
    run=run,
    needs=("paths",),
    reads=(*EXPERIMENTS, ".mask", ".npz", ".pickle"),
    outputs=(("expt", "masked.expt"),),
    usage="gnomon apply_mask FILE.expt mask=FILE [mask=FILE ...] [shadow=FILE]",
    example="gnomon apply_mask imported.expt mask=pixels.mask\ngnomon apply_mask imported.expt shadow=smargon.toml",
)
