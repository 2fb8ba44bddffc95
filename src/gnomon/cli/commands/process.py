"""``gnomon process``: images to merged intensities in one go, each decision with its reason."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from gnomon.cli.command import EXPERIMENTS, Command
from gnomon.params import Params
from gnomon.pipeline import STAGES

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.models.experiment import Experiments
    from gnomon.process.runner import Outcome
    from gnomon.report.html.blocks import Section


def _params() -> type[Params]:
    from gnomon.process.params import ProcessParams

    return ProcessParams


def _import(session: Session) -> Experiments:
    """The experiments given, or those of the images given."""
    if session.files(*EXPERIMENTS):
        return session.experiments()
    from gnomon.report.import_ import describe
    from gnomon.steps.import_.params import ImportParams
    from gnomon.steps.import_.step import import_images

    result = import_images(session.words, ImportParams(), workers=session.workers, progress=session.progress)
    session.say(describe(result.stats))
    stage = replace(session, command="import", outputs={"expt": "imported.expt"})
    stage.write(result)
    return result.experiments


def _named(part: str, path: str) -> str:
    """The name of a file that belongs to a cluster, or to all data."""
    return f"{part}_{path}" if part else path


def _title(outcome: Outcome) -> str:
    return f"{outcome.part}: {outcome.stage}" if outcome.part else outcome.stage


def _show(session: Session, outcome: Outcome) -> None:
    """Say what a stage did, and leave its files as the single command would."""
    session.say(f"\n--- {_title(outcome)} ---")
    if outcome.text:
        session.say(outcome.text)
    for decision in outcome.decisions:
        session.say(f"decided: {decision}")
    if outcome.failed:
        return
    outputs = {kind: _named(outcome.part, path) for kind, path in STAGES[outcome.stage].writes}
    replace(session, command=outcome.stage, outputs=outputs).write(outcome.result)


def _finish(session: Session, outcome: Outcome) -> None:
    """Merge, and write the files that go on to structure solution."""
    from gnomon.cli.commands.export import export_files
    from gnomon.cli.commands.merge import merge_files
    from gnomon.steps.export.params import ExportParams
    from gnomon.steps.merge.params import MergeParams

    session.say(f"\n--- {outcome.part}: merge and export ---" if outcome.part else "\n--- merge and export ---")
    outputs = {kind: _named(outcome.part, path) for kind, path in session.outputs.items()}
    if "unmerged_mtz" in outputs:
        export_files(session, outcome.result, ExportParams(), outputs["unmerged_mtz"])
    merge_files(replace(session, outputs=outputs), outcome.result, MergeParams())


def _finish_all(session: Session, outcomes: list[Outcome]) -> None:
    """Merge and export each; one that cannot be is named and costs no other. Raises InputError where none can."""
    from gnomon.errors import InputError

    failures: list[InputError] = []
    for outcome in outcomes:
        try:
            _finish(session, outcome)
        except InputError as error:
            failures.append(error)
            session.say(f"{outcome.part or 'all data'}: not merged, because {error}")
    if failures and len(failures) == len(outcomes):
        raise failures[0]


def _compare(session: Session, outcomes: list[Outcome]) -> None:
    """The clusters beside all data, and who is in which; nothing where nothing was grouped."""
    from gnomon.report.clusters import comparison, memberships

    grouped = [o for o in outcomes if o.stage == "correlation_matrix"]
    scaled = [o for o in outcomes if o.stage == "scale" and not o.failed]
    for outcome in grouped:
        stats = outcome.result.stats
        parts = [(o.part or "all", len(o.result.experiments), o.result.stats) for o in scaled]
        session.say("\n" + comparison(parts))
        session.say("\n" + memberships(stats["names"], stats["clusters"]))


def _tell_of_each(session: Session, outcomes: list[Outcome]) -> None:
    """What each of several sweeps gave."""
    from gnomon.process.wedges import what_each_gave
    from gnomon.report.wedges import describe

    rows = what_each_gave(outcomes)
    if len(rows) > 1:
        session.say("\n" + describe(rows))


def _sections(outcomes: list[Outcome]) -> list[Section]:
    """What stands on the page."""
    from gnomon.report.html.process import Part, process_sections

    return process_sections(
        [Part(o.stage, o.part, len(o.result.experiments), o.result.stats, o.decisions, o.final) for o in outcomes]
    )


def run(session: Session) -> None:
    """All of it, from the images or experiments given."""
    run_all(session)


def run_all(session: Session) -> list[Outcome]:
    """The outcomes of every stage in turn; each leaves its files as the single command would."""
    from gnomon.process.params import ProcessParams
    from gnomon.process.run import process

    assert isinstance(session.params, ProcessParams)
    started = time.perf_counter()
    experiments = _import(session)
    outcomes = []
    for outcome in process(experiments, session.params, workers=session.workers, progress=session.progress):
        _show(session, outcome)
        outcomes.append(outcome)
    _finish_all(session, [o for o in outcomes if o.final])
    _compare(session, outcomes)
    _tell_of_each(session, outcomes)
    session.write_page(lambda: _sections(outcomes))
    session.say(f"\ndone in {time.perf_counter() - started:.0f} s; the decisions were:")
    for outcome in outcomes:
        for decision in outcome.decisions:
            session.say(f"  {_title(outcome):<20}{decision}")
    return outcomes


COMMAND = Command(
    name="process",
    summary="all of it: images to merged intensities, deciding as an expert would",
    params=_params,
    run=run,
    needs=("paths",),
    reads=None,
    outputs=(("unmerged_mtz", "scaled.mtz"), ("mtz", "merged.mtz"), ("html", "gnomon.process.html")),
    usage="gnomon process IMAGES... | imported.expt [name=value ...]",
    example="gnomon process ../data/*.cbf.gz\ngnomon process --many ../data/*.cbf.gz",
)
