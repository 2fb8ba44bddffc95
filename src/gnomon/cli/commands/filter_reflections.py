"""``gnomon filter_reflections``: some of the reflections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import EXPERIMENTS, Command
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def _params() -> type[Params]:
    from gnomon.steps.filter_reflections.params import FilterReflectionsParams

    return FilterReflectionsParams


def run(session: Session) -> None:
    """Write filtered.refl; experiments are needed only where the resolution is not in the table."""
    from gnomon.models.experiment import Experiments
    from gnomon.report.filter_reflections import describe
    from gnomon.steps.filter_reflections.params import FilterReflectionsParams
    from gnomon.steps.filter_reflections.step import filter_reflections

    params = session.params
    assert isinstance(params, FilterReflectionsParams)
    given = bool(session.files(*EXPERIMENTS))
    experiments = session.experiments() if given else Experiments()
    result = filter_reflections(experiments, session.reflections(experiments if given else None), params)
    session.say(describe(result.summary))
    session.record.step("filter_reflections", session.params, result.summary)
    session.write(result, shoeboxes="shoebox" in result.reflections)


COMMAND = Command(
    name="filter_reflections",
    summary="keep the reflections that have these flags, resolutions, panels...",
    params=_params,
    run=run,
    needs=("refl",),
    outputs=(("refl", "filtered.refl"),),
    usage="gnomon filter_reflections [FILE.expt] FILE.refl [name=value ...]",
    example="gnomon filter_reflections integrated.refl flag_expression='integrated & ~reference_spot'\n"
    "gnomon filter_reflections integrated.expt integrated.refl d_min=2 ice_rings.filter=true",
)
