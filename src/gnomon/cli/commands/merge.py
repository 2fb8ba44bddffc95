"""``gnomon merge``: scaled observations to merged intensities and amplitudes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.free_set import given_free_set
from gnomon.cli.step_command import given_data, step_command
from gnomon.cli.wavelengths import each_wavelength
from gnomon.pipeline import STAGES

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.step import Data
    from gnomon.steps.merge.params import MergeParams


def merge_files(session: Session, scaled: Data, params: MergeParams, cluster: str = "") -> None:
    """Merge, say what came out, write the MTZ; several wavelengths each by itself, with one free set.

    cluster: what the data are of; empty for all.
    """
    from gnomon.io.mtz import write_merged_mtz

    stage, reference = STAGES["merge"], given_free_set(session)
    for part in each_wavelength(scaled, params.wavelength_tolerance):
        if part.mark:
            session.say(f"\n{part.wavelength:.5f} Å, merged by itself")
        result = stage(part.data, reference_free_set=reference, **dict(params))
        of = " ".join(filter(None, (cluster, part.label)))
        session.record.step(stage.name, params, result.summary, of, mark=scaled.mark)
        session.say(stage.describe(result))
        if "mtz" in session.outputs:
            path = part.name(session.outputs["mtz"])
            write_merged_mtz(path, result.product)
            session.wrote(path)


def run(session: Session[MergeParams]) -> None:
    """Merge the scaled data given."""
    from gnomon.step import Data

    merge_files(session, Data(*given_data(STAGES["merge"], session)), session.params)


COMMAND = step_command("merge", run)
