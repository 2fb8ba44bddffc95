"""``gnomon import``: image files to imported.expt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import EXPERIMENTS, Command
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def _params() -> type[Params]:
    from gnomon.steps.import_.params import ImportParams

    return ImportParams


def run(session: Session) -> None:
    """Group the images into sweeps, read their geometry, write experiments."""
    from gnomon.report.import_ import describe
    from gnomon.steps.import_.params import ImportParams
    from gnomon.steps.import_.step import import_images

    assert isinstance(session.params, ImportParams)
    models = session.files(*EXPERIMENTS)
    paths = [w for w in session.words if w not in models]
    reference = session.experiments() if models else None
    result = import_images(
        paths, session.params, reference=reference, workers=session.workers, progress=session.progress
    )
    session.say(describe(result.summary))
    session.record.step("import", session.params, result.summary)
    session.write(result)


COMMAND = Command(
    name="import",
    summary="read image headers into experiments",
    params=_params,
    run=run,
    needs=("paths",),
    reads=None,
    outputs=(("expt", "imported.expt"),),
    usage="gnomon import IMAGES... [reference.expt] [name=value ...]",
    example="gnomon import ../data/*.cbf.gz\ngnomon import template=../data/insulin_1_###.cbf image_range=1,90",
)
