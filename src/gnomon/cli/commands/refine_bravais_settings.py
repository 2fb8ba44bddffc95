"""``gnomon refine_bravais_settings``: refine in every lattice that the metric allows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def _params() -> type[Params]:
    from gnomon.steps.refine_bravais_settings.params import RefineBravaisSettingsParams

    return RefineBravaisSettingsParams


def run(session: Session) -> None:
    """Write bravais_setting_N.expt for each lattice, and the table as bravais_summary.json."""
    from gnomon.io.atomic import write_whole
    from gnomon.io.expt import write_experiments
    from gnomon.report.refine_bravais_settings import describe, summary
    from gnomon.steps.refine_bravais_settings.params import RefineBravaisSettingsParams
    from gnomon.steps.refine_bravais_settings.step import refine_bravais_settings

    assert isinstance(session.params, RefineBravaisSettingsParams)
    experiments = session.experiments()
    reflections = session.reflections(experiments)
    results = refine_bravais_settings(
        experiments, reflections, session.params, workers=session.workers, progress=session.progress
    )
    rows = [result.summary for result in results]
    session.say(describe(rows))
    for result in results:
        name = f"bravais_setting_{result.summary.number}"
        session.record.step("refine_bravais_settings", session.params, result.summary, name)
        write_experiments(f"{name}.expt", result.experiments)
        session.record.wrote(f"{name}.expt")
    session.say(f"wrote bravais_setting_1.expt to bravais_setting_{len(results)}.expt")
    write_whole("bravais_summary.json", json.dumps(summary(rows), indent=2))
    session.wrote("bravais_summary.json")


COMMAND = Command(
    name="refine_bravais_settings",
    summary="refine in every lattice that the metric allows, to choose one",
    params=_params,
    run=run,
    needs=("expt", "refl"),
    example="gnomon refine_bravais_settings indexed.expt indexed.refl",
)
