"""``gnomon process``: images to merged intensities in one go, each decision with its reason."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gnomon.cli.command import EXPERIMENTS, REFLECTIONS, UNMERGED, Command
from gnomon.cli.importing import IMPORTED, import_first
from gnomon.cli.stale import set_aside_stale
from gnomon.errors import InputError
from gnomon.params import Params
from gnomon.process.asked import STEPS_ASKED

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.models.experiment import Experiments
    from gnomon.models.reflections import Reflections
    from gnomon.process.params import ProcessParams
    from gnomon.process.runner import Outcome
    from gnomon.report.html.blocks import Section


Asked = Mapping[str, Mapping[str, Any]]
"""What single steps were told, by their names."""


def _params() -> type[Params]:
    from gnomon.process.params import ProcessParams

    return ProcessParams


def _given(session: Session) -> tuple[Experiments, Reflections | None]:
    """The experiments given, and the reflections if any are; or those of the images given.

    Raises InputError for images beside experiments.
    """
    if not session.files(*EXPERIMENTS) and not session.unmerged and not session.files(".refl", ".pickle"):
        return import_first(session, session.words, **session.params.steps.get("import", {})), None
    if session.params.steps.get("import"):
        raise InputError("import.* changes how images are imported, and experiments are given; import them anew")
    images = [w for w in session.words if not w.lower().endswith((*EXPERIMENTS, *REFLECTIONS, *UNMERGED))]
    if images:
        raise InputError(f"{images[0]} is given beside experiments; give images, or what was made of them, not both")
    experiments = session.experiments()
    has_reflections = session.files(*REFLECTIONS) or session.unmerged
    return experiments, session.reflections(experiments) if has_reflections else None


def _title(outcome: Outcome) -> str:
    return f"{outcome.part}: {outcome.stage}" if outcome.part else outcome.stage


def _show(session: Session, outcome: Outcome) -> None:
    """Say what a stage did, and which files it left."""
    session.say(f"\n--- {_title(outcome)} ---")
    if outcome.text:
        session.say(outcome.text)
    for decision in outcome.decisions:
        session.say(f"decided: {decision}")
    if outcome.kept:
        what = f": {', '.join(outcome.files)}" if outcome.files else ""
        session.say(f"as an earlier run left it, of the same data and parameters{what}; restart=true does it again")
        return
    for path in outcome.files:
        session.say_wrote(path)


def _finish(session: Session, outcome: Outcome, asked: Asked) -> None:
    """Merge, and write the files that go on to structure solution; asked: what single steps were told."""
    from gnomon.cli.commands.export import export_files
    from gnomon.cli.commands.merge import merge_files
    from gnomon.cli.kept import of_part
    from gnomon.io.exported import name_for
    from gnomon.steps.export.params import ExportParams
    from gnomon.steps.merge.params import MergeParams

    session.say(f"\n--- {outcome.part}: merge and export ---" if outcome.part else "\n--- merge and export ---")
    outputs = {kind: of_part(outcome.part, path) for kind, path in session.outputs.items()}
    if "unmerged_mtz" in outputs:
        export, path = ExportParams(**asked.get("export", {})), outputs["unmerged_mtz"]
        name = path if export.format == "mtz" else name_for(os.path.splitext(path)[0], export.format)
        export_files(session, outcome.result, export, name, outcome.part)
        if getattr(session.params, "small_molecule", False):
            _write_for_shelx(session, outcome, os.path.splitext(path)[0])
    merge = MergeParams(**asked.get("merge", {}))
    merge_files(replace(session, outputs=outputs), outcome.result, merge, outcome.part)


def _write_for_shelx(session: Session[ProcessParams], outcome: Outcome, stem: str) -> None:
    """Write the .hkl and .ins of a small molecule, and the .p4p with its cell from Bragg angles."""
    from gnomon.cli.commands.export import export_files
    from gnomon.cli.commands.two_theta_refine import write_cells
    from gnomon.pipeline import STEPS
    from gnomon.steps.export.params import ExportParams

    shelx = ExportParams(format="shelx", composition=session.params.composition)
    export_files(session, outcome.result, shelx, f"{stem}.hkl", outcome.part)
    try:
        cells = STEPS["two_theta_refine"](outcome.result, context=session.context).summary.cells
    except InputError as error:
        session.say(f"no .p4p, because {error}")
        return
    write_cells(session, "p4p", f"{stem}.p4p", cells)


def finish_all(session: Session, outcomes: list[Outcome], asked: Asked | None = None) -> None:
    """Merge and export each; one that cannot be is named and costs no other. Raises InputError where none can.

    asked: parameters that merge and export were given.
    """
    failures: list[InputError] = []
    for outcome in outcomes:
        try:
            _finish(session, outcome, asked or {})
        except InputError as error:
            failures.append(error)
            session.say(f"{outcome.part or 'all data'}: not merged, because {error}")
    if failures and len(failures) == len(outcomes):
        raise failures[0]


def compare(session: Session, outcomes: list[Outcome]) -> None:
    """The clusters beside all data, and who is in which; nothing where nothing was grouped."""
    from gnomon.report.clusters import comparison, memberships

    grouped = [o for o in outcomes if o.stage == "correlation_matrix"]
    scaled = [o for o in outcomes if o.stage == "scale" and not o.failed]
    for outcome in grouped:
        summary = outcome.result.summary
        parts = [(o.part or "all", len(o.result.experiments), o.result.summary) for o in scaled]
        session.say("\n" + comparison(parts))
        session.say("\n" + memberships(summary.names, summary.clusters))


def _tell_unused(session: Session[ProcessParams], outcomes: list[Outcome]) -> None:
    """Say which parameters had no use, since their steps did not run."""
    ran = {"import", "merge", "export", *(o.stage for o in outcomes)}
    for step in session.params.steps:
        if step not in ran:
            session.say(f"{step}.* had no use: {step} did not run on these data")


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

    ran = [bool(o.text) and not o.failed for o in outcomes]  # else the result is what the stage was given
    parts = zip(outcomes, ran)
    return process_sections([Part(o.stage, o.part, o.result if r else None, o.decisions, o.final) for o, r in parts])


def _outcomes(session: Session, params: ProcessParams) -> Iterator[Outcome]:
    """What process makes of the files given, stage by stage."""
    from gnomon.cli.kept import Kept, mark_of_given
    from gnomon.process.run import process
    from gnomon.process.start import is_settled

    experiments, reflections = _given(session)
    mark = mark_of_given(experiments, session.words)
    session.record.hold(mark, **_held(session))
    return process(
        experiments,
        params,
        reflections=reflections,
        in_one_setting=len(session.files(*EXPERIMENTS)) == 1 and is_settled(experiments),
        context=session.context,
        store=Kept(session, restart=params.restart),
        mark=mark,
    )


def _held(session: Session) -> dict[str, str | None]:
    """The files that hold what was given, where one of each kind does."""
    if not session.files(*EXPERIMENTS) and not session.unmerged:
        return {"experiments": session.prefixed(IMPORTED)}
    expt, refl = session.files(*EXPERIMENTS), session.files(*REFLECTIONS)
    return {
        "experiments": expt[0] if len(expt) == 1 else None,
        "reflections": refl[0] if len(refl) == 1 else None,
    }


def run(session: Session[ProcessParams]) -> None:
    """All of it, from the images given, or from where the data given are."""
    run_all(session)


def run_all(session: Session[ProcessParams]) -> list[Outcome]:
    """The outcomes of every stage in turn; each has left its files as the single command would."""
    outcomes: list[Outcome] = []
    try:
        _run_through(session, outcomes)
    finally:
        set_aside_stale(session, [o.stage for o in outcomes])
    return outcomes


def _run_through(session: Session[ProcessParams], outcomes: list[Outcome]) -> None:
    """Fill ``outcomes`` stage by stage, then merge, compare, and say it all once more."""
    started = time.perf_counter()
    for outcome in _outcomes(session, session.params):
        _show(session, outcome)
        outcomes.append(outcome)
    finish_all(session, [o for o in outcomes if o.final], session.params.steps)
    _tell_unused(session, outcomes)
    compare(session, outcomes)
    _tell_of_each(session, outcomes)
    session.write_page(lambda: _sections(outcomes))
    session.say(f"\ndone in {time.perf_counter() - started:.0f} s; the decisions were:")
    for outcome in outcomes:
        for decision in outcome.decisions:
            session.say(f"  {_title(outcome):<20}{decision}")


COMMAND = Command(
    name="process",
    summary="all of it: images to merged intensities, deciding as an expert would",
    params=_params,
    run=run,
    needs=("paths",),
    steps=STEPS_ASKED,
    reads=None,
    outputs=(("unmerged_mtz", "scaled.mtz"), ("mtz", "merged.mtz"), ("html", "gnomon.process.html")),
    usage="gnomon process IMAGES... | DATA.expt [DATA.refl] ... [name=value ...]",
    example="gnomon process ../data/*.cbf.gz\ngnomon process --many ../data/*.cbf.gz\n"
    "gnomon process */integrated.expt */integrated.refl",
)
