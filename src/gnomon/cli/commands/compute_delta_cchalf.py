"""``gnomon compute_delta_cchalf``: what each data set, or group of images, does to CC1/2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def _params() -> type[Params]:
    from gnomon.steps.compute_delta_cchalf.params import ComputeDeltaCchalfParams

    return ComputeDeltaCchalfParams


def run(session: Session) -> None:
    """Judge the scaled data given; write them without what spoils them, if anything does."""
    from gnomon.report.compute_delta_cchalf import describe
    from gnomon.steps.compute_delta_cchalf.params import ComputeDeltaCchalfParams
    from gnomon.steps.compute_delta_cchalf.step import compute_delta_cchalf

    assert isinstance(session.params, ComputeDeltaCchalfParams)
    experiments = session.experiments()
    result = compute_delta_cchalf(experiments, session.reflections(experiments), session.params)
    session.record.step("compute_delta_cchalf", session.params, result.summary)
    session.say(describe(result.summary))
    if any(part.spoils for part in result.summary.parts):
        session.write(result)
        session.say("scale again what is left; or let scale do both: filtering.method=deltacchalf")


COMMAND = Command(
    name="compute_delta_cchalf",
    summary="say which data sets or images make CC1/2 worse",
    params=_params,
    run=run,
    needs=("expt", "refl"),
    outputs=(("expt", "filtered.expt"), ("refl", "filtered.refl")),
    usage="gnomon compute_delta_cchalf scaled.expt scaled.refl [name=value ...]",
    example="gnomon compute_delta_cchalf scaled.expt scaled.refl mode=image_group group_size=5",
)
