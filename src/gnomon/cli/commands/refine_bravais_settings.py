"""``gnomon refine_bravais_settings``: refine in every lattice that the metric allows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gnomon.cli.step_command import given_data, params_of, step_command
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def run(session: Session) -> None:
    """Write bravais_setting_N.expt for each lattice, and the table as bravais_summary.json."""
    from gnomon.io.atomic import write_whole
    from gnomon.io.expt import write_experiments
    from gnomon.report.refine_bravais_settings import describe, summary

    stage = STEPS["refine_bravais_settings"]
    results = stage(*given_data(stage, session), context=session.context, **params_of(stage, session))
    rows = [result.summary for result in results]
    session.say(describe(rows))
    for result in results:
        name = f"bravais_setting_{result.summary.number}"
        session.record.step(stage.name, session.params, result.summary, name)
        write_experiments(f"{name}.expt", result.experiments)
        session.record.wrote(f"{name}.expt")
    session.say(f"wrote bravais_setting_1.expt to bravais_setting_{len(results)}.expt")
    write_whole("bravais_summary.json", json.dumps(summary(rows), indent=2))
    session.wrote("bravais_summary.json")


COMMAND = step_command("refine_bravais_settings", run)
