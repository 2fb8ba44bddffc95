"""``gnomon demo``: simulate a small data set with known truth, process it, compare."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.params import Params, param

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.simulate.truth import Truth


class DemoParams(Params):
    """Where the demo works."""

    folder: str = param("gnomon-demo", "folder for the images and everything made from them; made if not there")


def run(session: Session) -> None:
    """Simulate a tetragonal crystal, then do what ``gnomon process`` does."""
    from gnomon.cli.commands import process
    from gnomon.process.params import ProcessParams
    from gnomon.simulate.dataset import simulate_dataset
    from gnomon.simulate.example import EXAMPLE

    assert isinstance(session.params, DemoParams)
    folder = Path(session.params.folder).resolve()
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    session.say(
        f"simulating {EXAMPLE.images} images of a crystal in {EXAMPLE.space_group}, cell {EXAMPLE.cell}, into {images}"
    )
    truth = simulate_dataset(EXAMPLE, images, workers=session.workers, progress=session.progress)
    here = Path.cwd()
    os.chdir(folder)
    try:
        paths = sorted(str(p) for p in Path("images").glob("*.cbf*"))
        stage = replace(session, params=ProcessParams(), words=paths, outputs=dict(process.COMMAND.outputs))
        process.run(stage)
    finally:
        os.chdir(here)
    session.say("\n" + against_truth(truth, folder))
    session.say(f"\nall files are in {folder}, images and truth in {images}")


def against_truth(truth: Truth, folder: Path) -> str:
    """What came out beside what is true, as a table."""
    from gnomon.report.table import text_table
    from gnomon.simulate.assess.figures import assess
    from gnomon.simulate.assess.targets import targets

    figures = assess(truth, folder)
    rows = [[target.name, f"{target.value(figures):.4g}", target.bounds] for target in targets(header_is_exact=True)]
    return text_table("Against the truth of the simulation", ["figure", "found", "wanted"], rows)


COMMAND = Command(
    name="demo",
    summary="simulate a small data set, process it, print Table 1",
    params=lambda: DemoParams,
    run=run,
    example="gnomon demo folder=/tmp/demo",
)
