"""``gnomon merge``: scaled observations to merged intensities and amplitudes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gnomon.cli.free_set import given_free_set
from gnomon.cli.step_command import given_data, step_command
from gnomon.cli.wavelengths import each_wavelength
from gnomon.errors import InputError
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
    parts = each_wavelength(scaled, params.wavelength_tolerance)
    for part, name in zip(parts, _data_set_names(params, len(parts))):
        if part.mark:
            session.say(f"\n{part.wavelength:.5f} Å, merged by itself")
        result = stage(part.data, reference_free_set=reference, **{**dict(params), "dataset_names": (name,)})
        of = " ".join(filter(None, (cluster, part.label)))
        session.record.step(stage.name, params, result.summary, of, mark=scaled.mark)
        session.say(stage.describe(result))
        if "mtz" in session.outputs:
            path = part.name(session.outputs["mtz"])
            write_merged_mtz(path, result.product)
            session.wrote(path)
        results[of] = result
    return results


def _data_set_names(params: MergeParams, wavelengths: int) -> list[str]:
    """The name of each wavelength's data set. Raises InputError where they are not one, or one each."""
    names = list(params.dataset_names)
    if len(names) not in (1, wavelengths):
        raise InputError(f"dataset_names: {len(names)} names for {wavelengths} wavelengths; give one, or one each")
    return names * (wavelengths // len(names))


def run(session: Session[MergeParams]) -> None:
    """Merge the scaled data given."""
    from gnomon.io.summary_json import to_json
    from gnomon.step import Data

    results = merge_files(session, Data(*given_data(STAGES["merge"], session)), session.params)
    session.write_json(lambda: {of or "all": to_json(result.summary) for of, result in results.items()})
    session.write_page(lambda: [s for of, result in results.items() for s in _sections(of, result)])


def _sections(of: str, result: Result) -> list[Section]:
    """What stands on the page of one of several wavelengths, or of the only one."""
    return [replace(section, group=of) for section in STAGES["merge"].page_sections(result)]


COMMAND = step_command("merge", run)
