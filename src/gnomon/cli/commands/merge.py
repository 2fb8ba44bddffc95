"""``gnomon merge``: scaled observations to merged intensities and amplitudes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.cli.free_set import given_free_set
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.step import Result
    from gnomon.steps.merge.params import MergeParams


def _params() -> type[Params]:
    from gnomon.steps.merge.params import MergeParams

    return MergeParams


def merge_files(session: Session, scaled: Result, params: MergeParams) -> None:
    """Merge, say what came out, write the MTZ."""
    from gnomon.io.mtz import write_merged_mtz
    from gnomon.report.merge import describe
    from gnomon.steps.merge.step import merge

    result = merge(scaled.experiments, scaled.reflections, params, reference_free_set=given_free_set(session))
    session.say(describe(result.stats))
    if "mtz" in session.outputs:
        write_merged_mtz(session.outputs["mtz"], result.stats["merged"])
        session.wrote(session.outputs["mtz"])


def run(session: Session) -> None:
    """Merge the scaled data given."""
    from gnomon.step import Result
    from gnomon.steps.merge.params import MergeParams

    assert isinstance(session.params, MergeParams)
    experiments = session.experiments()
    merge_files(session, Result(experiments, session.reflections(experiments)), session.params)


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
