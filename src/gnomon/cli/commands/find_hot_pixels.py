"""``gnomon find_hot_pixels``: pixels that are strong on most images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.cli.masks import write_masks
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def _params() -> type[Params]:
    from gnomon.steps.find_hot_pixels.params import FindHotPixelsParams

    return FindHotPixelsParams


def run(session: Session) -> None:
    """Write a mask for each set of images and, where asked, experiments that use it."""
    from gnomon.report.find_hot_pixels import describe
    from gnomon.steps.find_hot_pixels.params import FindHotPixelsParams
    from gnomon.steps.find_hot_pixels.step import find_hot_pixels

    params = session.params
    assert isinstance(params, FindHotPixelsParams)
    experiments = session.experiments()
    result = find_hot_pixels(experiments, session.reflections(experiments), params)
    session.say(describe(result.summary))
    session.record.step("find_hot_pixels", session.params, result.summary)
    write_masks(session, experiments, result.product.masks)


COMMAND = Command(
    name="find_hot_pixels",
    summary="find pixels that are strong on most images, and make a mask without them",
    params=_params,
    run=run,
    needs=("expt", "refl"),
    outputs=(("mask", "hot_pixels.mask"), ("expt", None)),
    usage="gnomon find_hot_pixels FILE.expt FILE.refl [name=value ...]",
    example="gnomon find_spots imported.expt output.shoeboxes=true max_separation=1000 max_spot_size=100000\n"
    "gnomon find_hot_pixels imported.expt strong.refl output.experiments=masked.expt",
)
