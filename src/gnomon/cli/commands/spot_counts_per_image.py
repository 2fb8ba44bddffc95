"""``gnomon spot_counts_per_image``: how many spots each image has, and how far they reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import REFLECTIONS, Command
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def _params() -> type[Params]:
    from gnomon.cli.per_image import JsonFileParams
    from gnomon.steps.spot_counts_per_image.params import SpotCountsPerImageParams

    class SpotCountsFilesParams(JsonFileParams, SpotCountsPerImageParams):
        """How the spots of one image are judged, and where the numbers go."""

    return SpotCountsFilesParams


def run(session: Session) -> None:
    """Count the spots given, or find those of each image by itself where there is no table of them."""
    from gnomon.cli.per_image import write_numbers
    from gnomon.pipeline import STAGES
    from gnomon.report.spot_counts_per_image import describe
    from gnomon.steps.spot_counts_per_image.params import SpotCountsPerImageParams
    from gnomon.steps.spot_counts_per_image.step import spot_counts_per_image

    params = session.params
    assert isinstance(params, SpotCountsPerImageParams)
    experiments = session.experiments()
    if session.files(*REFLECTIONS):
        reflections = session.reflections(experiments)
    else:
        session.say("no .refl file given: finding the spots of each image by itself")
        find = STAGES["find_spots"]
        reflections = find(experiments, workers=session.workers, progress=session.progress, force_2d=True).reflections
    summary = spot_counts_per_image(experiments, reflections, params).summary
    session.say(describe(summary))
    session.record.step("spot_counts_per_image", params, summary)
    write_numbers(session, summary.sweeps)


COMMAND = Command(
    name="spot_counts_per_image",
    summary="count the spots of each image, and say how far they reach",
    params=_params,
    run=run,
    needs=("expt",),
    usage="gnomon spot_counts_per_image imported.expt [strong.refl] [name=value ...]",
    example="gnomon spot_counts_per_image imported.expt strong.refl\n"
    "gnomon spot_counts_per_image imported.expt strong.refl output.json=per_image.json",
)
