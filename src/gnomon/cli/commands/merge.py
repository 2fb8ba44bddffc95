"""``gnomon merge``: scaled observations to merged intensities and amplitudes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gnomon.cli.free_set import given_free_set
from gnomon.cli.step_command import given_data, step_command
from gnomon.cli.wavelengths import each_wavelength
from gnomon.pipeline import STAGES

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.report.html.blocks import Section
    from gnomon.step import Data, Result
    from gnomon.steps.merge.params import MergeParams


def merge_files(session: Session, scaled: Data, params: MergeParams, cluster: str = "") -> dict[str, Result]:
    """The results of merging, by what they are of; it is said, and the MTZ written.

    Several wavelengths each by itself, with one free set.

    cluster: what the data are of; empty for all.
    """
    from gnomon.io.mtz import write_merged_mtz

    stage, reference = STAGES["merge"], given_free_set(session)
    results = {}
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
        results[of] = result
    return results


def run(session: Session[MergeParams]) -> None:
    """Merge the scaled data given."""
    from gnomon.step import Data

    results = merge_files(session, Data(*given_data(STAGES["merge"], session)), session.params)
    session.write_page(lambda: [s for of, result in results.items() for s in _sections(of, result)])


def _sections(of: str, result: Result) -> list[Section]:
    """What stands on the page of one of several wavelengths, or of the only one."""
    return [replace(section, group=of) for section in STAGES["merge"].page_sections(result)]


COMMAND = step_command("merge", run)
