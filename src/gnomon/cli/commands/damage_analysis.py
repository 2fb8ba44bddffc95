"""``gnomon damage_analysis``: how scaled intensities change with dose, and how much of them to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def _params() -> type[Params]:
    from gnomon.steps.damage_analysis.params import DamageAnalysisParams

    return DamageAnalysisParams


def run(session: Session) -> None:
    """Analyse the scaled data given and say what came out."""
    from gnomon.report.damage_analysis import describe
    from gnomon.steps.damage_analysis.params import DamageAnalysisParams
    from gnomon.steps.damage_analysis.step import damage_analysis

    assert isinstance(session.params, DamageAnalysisParams)
    experiments = session.experiments()
    summary = damage_analysis(experiments, session.reflections(experiments), session.params).summary
    session.record.step("damage_analysis", session.params, summary)
    session.say(describe(summary))


COMMAND = Command(
    name="damage_analysis",
    summary="say how intensities change with dose, and how much to keep",
    params=_params,
    run=run,
    needs=("expt", "refl"),
    usage="gnomon damage_analysis scaled.expt scaled.refl [name=value ...]",
    example="gnomon damage_analysis scaled.expt scaled.refl dose_per_image=0.02",
)
