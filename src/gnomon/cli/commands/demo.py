"""``gnomon demo``: simulate wedges of crystals of three species, process them all, compare with the truth."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.params import Params, param

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.process.runner import Outcome
    from gnomon.simulate.series_truth import SeriesTruth

_EXAMPLE = "insulins_small"


class DemoParams(Params):
    """Where the demo works."""

    folder: str = param("gnomon-demo", "folder for the images and everything made from them; made if not there")


def run(session: Session[DemoParams]) -> None:
    """Simulate the small example, then do what ``gnomon process`` does in the same folder."""
    folder = Path(session.params.folder).resolve()
    (folder / "images").mkdir(parents=True, exist_ok=True)
    truth = _simulate(session, folder / "images")
    here = Path.cwd()
    os.chdir(folder)
    try:
        outcomes = _process(session)
    finally:
        os.chdir(here)
    session.say("\n" + _against_truth(truth, outcomes))
    session.say(f"\nall files are in {folder}, images and truth in {folder / 'images'}")


def _simulate(session: Session, folder: Path) -> SeriesTruth:
    from gnomon.report.simulate_crystals import describe
    from gnomon.simulate.crystals import simulate_crystals
    from gnomon.simulate.example import series

    session.say(f"simulating the example {_EXAMPLE}")
    truth = simulate_crystals(series(_EXAMPLE), folder, workers=session.workers, progress=session.context.progress)
    session.say(describe(truth, str(folder)) + "\n")
    return truth


def _process(session: Session) -> list[Outcome]:
    """What ``gnomon process images/*`` does, in the folder that holds them."""
    from gnomon.cli.commands import process
    from gnomon.process.params import ProcessParams

    paths = sorted(str(p) for p in Path("images").glob("*.cbf*"))
    outputs = {kind: path for kind, path in process.COMMAND.outputs if path is not None}
    stage = replace(session, params=ProcessParams(), words=paths, outputs=outputs)
    return process.run_all(stage)


def _against_truth(truth: SeriesTruth, outcomes: list[Outcome]) -> str:
    """What came out beside what is true."""
    from gnomon.report.crystals_truth import describe
    from gnomon.simulate.assess.crystals import assess_crystals

    grouped = next(o.result for o in outcomes if o.stage == "correlation_matrix")
    clusters = {c.name: c.members for c in grouped.summary.clusters}
    return describe(assess_crystals(truth, grouped.experiments, clusters))


COMMAND = Command(
    name="demo",
    summary="simulate crystals of three species, process them, tell them apart",
    params=lambda: DemoParams,
    run=run,
    reads=(),
    example="gnomon demo folder=/tmp/demo",
)
