"""``gnomon find_bad_pixels``: dead, hot and warm pixels from the images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.cli.masks import write_masks
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def _params() -> type[Params]:
    from gnomon.steps.find_bad_pixels.params import FindBadPixelsParams

    return FindBadPixelsParams


def run(session: Session) -> None:
    """Write a mask for each set of images and, where asked, experiments that use it."""
    from gnomon.models.reflections import Reflections
    from gnomon.report.find_bad_pixels import describe
    from gnomon.steps.find_bad_pixels.params import FindBadPixelsParams
    from gnomon.steps.find_bad_pixels.step import find_bad_pixels

    params = session.params
    assert isinstance(params, FindBadPixelsParams)
    experiments = session.experiments()
    result = find_bad_pixels(experiments, Reflections(), params, workers=session.workers, progress=session.progress)
    session.say(describe(result.summary))
    session.record.step("find_bad_pixels", session.params, result.summary)
    write_masks(session, experiments, result.product.masks)


COMMAND = Command(
    name="find_bad_pixels",
    summary="find dead, hot and warm pixels, and make a mask without them",
    params=_params,
    run=run,
    needs=("expt",),
    outputs=(("mask", "pixels.mask"), ("expt", None)),
    usage="gnomon find_bad_pixels FILE.expt [name=value ...]",
    example="gnomon find_bad_pixels imported.expt image_range=1,1800\n"
    "gnomon find_bad_pixels imported.expt output.experiments=masked.expt",
)
