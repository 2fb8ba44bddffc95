"""``gnomon find_spots``: strong spots, and where asked a mask without the pixels that are strong on most images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.step_command import params_of, run_step, step_command
from gnomon.params import Params, param
from gnomon.pipeline import STAGES, STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.models.experiment import Experiments

_ANY = {"shoeboxes": True, "max_separation": 1e6, "max_spot_size": 10**9}
"""A hot pixel makes a spot as long as the scan, which is none by its size."""


def _params() -> type[Params]:
    from gnomon.steps.find_spots.params import FindSpotsParams

    class FindSpotsFilesParams(FindSpotsParams):
        """What is found, and whether hot pixels go to a mask."""

        write_hot_mask: bool = param(
            False, "also write a mask without the pixels that are strong on most images, which are looked at twice",
            name="spotfinder.write_hot_mask",
        )  # fmt: skip
        hot_mask_prefix: str = param(
            "hot_mask", "how the names of these masks begin: hot_mask_0.mask of the first images", min_length=1,
            name="spotfinder.hot_mask_prefix",
        )  # fmt: skip

    return FindSpotsFilesParams


def run(session: Session) -> None:
    """Find the spots; then hot pixels, where asked."""
    result = run_step(STAGES["find_spots"], session)
    if session.params.write_hot_mask:
        _write_hot_masks(session, result.experiments)


def _write_hot_masks(session: Session, experiments: Experiments) -> None:
    """Write a mask of each set of images, numbered from 0 as DIALS has it."""
    from gnomon.io.images.masks import write_mask

    stage = STAGES["find_spots"]
    every = stage(experiments, context=session.context, **{**params_of(stage, session), **_ANY})
    step = STEPS["find_hot_pixels"]
    found = step(experiments, every.reflections)
    session.record.step(step.name, step.params_class(), found.summary)
    session.say(step.describe(found))
    for number, mask in enumerate(found.product.masks):
        path = session.prefixed(f"{session.params.hot_mask_prefix}_{number}.mask")
        write_mask(path, mask)
        session.wrote(path)


COMMAND = step_command("find_spots", run, params=_params)
