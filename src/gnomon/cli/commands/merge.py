"""``gnomon merge``: scaled observations to merged intensities and amplitudes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.cli.free_set import given_free_set
from gnomon.cli.wavelengths import each_wavelength
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.step import Data
    from gnomon.steps.merge.params import MergeParams


def _params() -> type[Params]:
    from gnomon.steps.merge.params import MergeParams

    return MergeParams


def merge_files(session: Session, scaled: Data, params: MergeParams, cluster: str = "") -> None:
    """Merge, say what came out, write the MTZ; several wavelengths each by itself, with one free set.

    cluster: what the data are of; empty for all.
    """
    from gnomon.io.mtz import write_merged_mtz
    from gnomon.report.merge import describe
    from gnomon.step import checked
    from gnomon.steps.merge.step import merge

    reference = given_free_set(session)
    for part in each_wavelength(scaled, params.wavelength_tolerance):
        if part.mark:
            session.say(f"\n{part.wavelength:.5f} Å, merged by itself")
        given = part.data
        result = checked(merge(given.experiments, given.reflections, params, reference_free_set=reference))
        of = " ".join(filter(None, (cluster, part.label)))
        session.record.step("merge", params, result.summary, of, mark=scaled.mark)
        session.say(describe(result.summary))
        session.say_impossible(result)
        if "mtz" in session.outputs:
            path = part.name(session.outputs["mtz"])
            write_merged_mtz(path, result.product)
            session.wrote(path)


def run(session: Session) -> None:
    """Merge the scaled data given."""
    from gnomon.step import Data
    from gnomon.steps.merge.params import MergeParams

    assert isinstance(session.params, MergeParams)
    experiments = session.experiments()
    merge_files(session, Data(experiments, session.reflections(experiments)), session.params)


COMMAND = Command(
    name="merge",
    summary="merge scaled intensities, make amplitudes and a free set",
    params=_params,
    run=run,
    needs=("expt", "refl"),
    outputs=(("mtz", "merged.mtz"),),
    usage="gnomon merge scaled.expt scaled.refl [free-set.mtz] [name=value ...]",
    example="gnomon merge scaled.expt scaled.refl d_min=1.8",
)
