"""``gnomon generate_mask``: which pixels may be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.cli.masks import write_masks
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def _params() -> type[Params]:
    from gnomon.steps.generate_mask.params import GenerateMaskParams

    return GenerateMaskParams


def run(session: Session) -> None:
    """Write a mask for each set of images and, where asked, experiments that use it."""
    from gnomon.models.reflections import Reflections
    from gnomon.report.generate_mask import describe
    from gnomon.steps.generate_mask.params import GenerateMaskParams
    from gnomon.steps.generate_mask.step import generate_mask

    params = session.params
    assert isinstance(params, GenerateMaskParams)
    experiments = session.experiments()
    result = generate_mask(experiments, Reflections(), params, workers=session.workers, progress=session.progress)
    session.say(describe(result.summary))
    session.record.step("generate_mask", session.params, result.summary)
    write_masks(session, experiments, result.product)


COMMAND = Command(
    name="generate_mask",
    summary="make a mask of the pixels that may be used",
    params=_params,
    run=run,
    needs=("expt",),
    outputs=(("mask", "pixels.mask"), ("expt", None)),
    usage="gnomon generate_mask FILE.expt [name=value ...]",
    example="gnomon generate_mask imported.expt border=2 untrusted.circle=520,510,30 d_max=40\n"
    "gnomon generate_mask imported.expt untrusted.polygon=0,500,480,495,480,520,0,525 output.experiments=masked.expt\n"
    "gnomon generate_mask imported.expt ice_rings.filter=true output.mask=ice.mask",
)
