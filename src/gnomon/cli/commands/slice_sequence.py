"""``gnomon slice_sequence``: some of the images of a scan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.cli.command import EXPERIMENTS, REFLECTIONS, UNMERGED, Command
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.steps.slice_sequence.params import SliceSequenceParams


def _params() -> type[Params]:
    from gnomon.steps.slice_sequence.params import SliceSequenceParams

    return SliceSequenceParams


def _sliced_name(path: str, params: SliceSequenceParams) -> str:
    """``refined_1_20.expt`` of ``refined.expt`` and one range; ``refined_sliced.expt`` of several or of blocks."""
    one = params.block_size is None and len(params.image_range) == 1
    what = "{}_{}".format(*params.image_range[0]) if one else "sliced"
    given = Path(path)
    return f"{given.stem}_{what}{given.suffix.replace('.json', '.expt')}"


def run(session: Session) -> None:
    """Write the slice beside where the command runs, under names made of those of the input."""
    from gnomon.models.reflections import Reflections
    from gnomon.report.slice_sequence import describe
    from gnomon.steps.slice_sequence.params import SliceSequenceParams
    from gnomon.steps.slice_sequence.step import slice_sequence

    params = session.params
    assert isinstance(params, SliceSequenceParams)
    experiments = session.experiments()
    lists, tables = session.files(*EXPERIMENTS), session.files(*REFLECTIONS)
    if session.unmerged:  # one file is both
        path = Path(session.files(*UNMERGED)[0])
        lists, tables = [*lists, f"{path.stem}.expt"], [*tables, f"{path.stem}.refl"]
    reflections = session.reflections(experiments) if tables else Reflections()
    result = slice_sequence(experiments, reflections, params, workers=session.workers)
    session.say(describe(result.summary))
    session.record.step("slice_sequence", session.params, result.summary)
    given = {"expt": lists, "refl": tables}
    wanted = {kind: paths[0] for kind, paths in given.items() if paths and kind in session.outputs}
    session.outputs = {kind: session.outputs[kind] or _sliced_name(path, params) for kind, path in wanted.items()}
    session.write(result, shoeboxes="shoebox" in result.reflections)


COMMAND = Command(
    name="slice_sequence",
    summary="keep some images of a scan, or cut it into blocks",
    params=_params,
    run=run,
    needs=("expt", "refl"),
    outputs=(("expt", ""), ("refl", "")),
    usage="gnomon slice_sequence FILE.expt [FILE.refl] [name=value ...]",
    example="gnomon slice_sequence integrated.expt integrated.refl image_range=1,20\n"
    "gnomon slice_sequence integrated.expt integrated.refl block_size=5",
)
