"""``gnomon scale``: intensities on one scale; MTZ files of them, as export and merge write them, if asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gnomon.cli.step_command import run_step, step_command
from gnomon.pipeline import STAGES

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.steps.scale.params import ScaleParams


def run(session: Session[ScaleParams]) -> None:
    """Scale the data given; those scaled before may be among them, whose scales others lack."""
    stage = STAGES["scale"]
    result = run_step(stage, session, empty=stage.makes if session.params.only_target else ())
    if path := session.outputs.get("unmerged_mtz"):
        from gnomon.cli.commands.export import export_files
        from gnomon.steps.export.params import ExportParams

        export_files(session, result, ExportParams(), path)
    if path := session.outputs.get("merged_mtz"):
        from gnomon.cli.commands.merge import merge_files
        from gnomon.steps.merge.params import MergeParams

        merge_files(replace(session, outputs={"mtz": path}), result, MergeParams())


COMMAND = step_command("scale", run)
