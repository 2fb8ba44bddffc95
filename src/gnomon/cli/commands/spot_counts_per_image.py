"""``gnomon spot_counts_per_image``: how many spots each image has, and how far they reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import REFLECTIONS
from gnomon.cli.per_image import JsonFileParams, write_numbers
from gnomon.cli.step_command import step_command, tell
from gnomon.params import Params
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def _params() -> type[Params]:
    from gnomon.steps.spot_counts_per_image.params import SpotCountsPerImageParams

    class SpotCountsFilesParams(JsonFileParams, SpotCountsPerImageParams):
        """How the spots of one image are judged, and where the numbers go."""

    return SpotCountsFilesParams


def run(session: Session) -> None:
    """Count the spots given, or find those of each image by itself where there is no table of them."""
    experiments = session.experiments()
    if session.files(*REFLECTIONS):
        reflections = session.reflections(experiments)
    else:
        session.say("no .refl file given: finding the spots of each image by itself")
        reflections = STEPS["find_spots"](experiments, context=session.context, force_2d=True).reflections
    result = tell(STEPS["spot_counts_per_image"], session, experiments, reflections)
    write_numbers(session, result.summary.sweeps)


COMMAND = step_command("spot_counts_per_image", run, params=_params)
