"""``gnomon slice_sequence``: some of the images of a scan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.cli.command import EXPERIMENTS, REFLECTIONS, UNMERGED
from gnomon.cli.step_command import given_data, step_command, tell
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.steps.slice_sequence.params import SliceSequenceParams


def _sliced_name(path: str, params: SliceSequenceParams) -> str:
    """``refined_1_20.expt`` of ``refined.expt`` and one range; ``refined_sliced.expt`` of several or of blocks."""
    one = params.block_size is None and len(params.image_range) == 1
    what = "{}_{}".format(*params.image_range[0]) if one else "sliced"
    given = Path(path)
    return f"{given.stem}_{what}{given.suffix.replace('.json', '.expt')}"


def run(session: Session[SliceSequenceParams]) -> None:
    """Write the slice beside where the command runs, under names made of those of the input."""
    stage = STEPS["slice_sequence"]
    result = tell(stage, session, *given_data(stage, session))
    lists, tables = session.files(*EXPERIMENTS), session.files(*REFLECTIONS)
    if session.unmerged:  # one file is both
        path = Path(session.files(*UNMERGED)[0])
        lists, tables = [*lists, f"{path.stem}.expt"], [*tables, f"{path.stem}.refl"]
    given = {"expt": lists, "refl": tables}
    wanted = {kind: paths[0] for kind, paths in given.items() if paths and kind in session.outputs}
    params = session.params
    session.outputs = {
        kind: session.outputs[kind] or session.prefixed(_sliced_name(path, params)) for kind, path in wanted.items()
    }
    session.write(result, shoeboxes="shoebox" in result.reflections)


COMMAND = step_command("slice_sequence", run)
