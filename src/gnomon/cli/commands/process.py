"""``gnomon process``: images to merged intensities in one go, each decision with its reason."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.params import Params
from gnomon.pipeline import STAGES

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.models.experiment import Experiments
    from gnomon.step import Result


def _params() -> type[Params]:
    from gnomon.process import ProcessParams

    return ProcessParams


def _import(session: Session) -> Experiments:
    """The experiments given, or those of the images given."""
    if session.files(".expt", ".json"):
        return session.experiments()
    from gnomon.report.import_ import describe
    from gnomon.steps.import_.params import ImportParams
    from gnomon.steps.import_.step import import_images

    result = import_images(session.words, ImportParams(), workers=session.workers, progress=session.progress)
    session.say(describe(result.stats))
    stage = replace(session, command="import", outputs={"expt": "imported.expt"})
    stage.write(result)
    return result.experiments


def _finish(session: Session, scaled: Result) -> None:
    """Merge, and write the files that go on to structure solution."""
    from gnomon.cli.commands.export import export_files
    from gnomon.cli.commands.merge import merge_files
    from gnomon.steps.export.params import ExportParams
    from gnomon.steps.merge.params import MergeParams

    export_files(session, scaled, ExportParams(), session.outputs["unmerged_mtz"])
    merge_files(session, scaled, MergeParams())


def run(session: Session) -> None:
    """Every stage in turn; each leaves its files as the single command would."""
    from gnomon.process import process

    started = time.perf_counter()
    experiments = _import(session)
    decisions: list[tuple[str, str]] = []
    result = None
    for outcome in process(experiments, session.params, workers=session.workers, progress=session.progress):
        session.say(f"\n--- {outcome.stage} ---")
        if outcome.text:
            session.say(outcome.text)
        for decision in outcome.decisions:
            session.say(f"decided: {decision}")
        decisions += [(outcome.stage, decision) for decision in outcome.decisions]
        replace(session, command=outcome.stage, outputs=dict(STAGES[outcome.stage].writes)).write(outcome.result)
        result = outcome.result
    assert result is not None
    session.say("\n--- merge and export ---")
    _finish(session, result)
    session.say(f"\ndone in {time.perf_counter() - started:.0f} s; the decisions were:")
    for stage, decision in decisions:
        session.say(f"  {stage:<12}{decision}")


COMMAND = Command(
    name="process",
    summary="all of it: images to merged intensities, deciding as an expert would",
    params=_params,
    run=run,
    needs=("paths",),
    outputs=(("unmerged_mtz", "scaled.mtz"), ("mtz", "merged.mtz")),
    usage="gnomon process IMAGES... | imported.expt [name=value ...]",
    example="gnomon process ../data/*.cbf.gz",
)
