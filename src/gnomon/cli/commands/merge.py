"""``gnomon merge``: scaled observations to merged intensities and amplitudes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.step import Result
    from gnomon.steps.merge.free_set import FreeSet
    from gnomon.steps.merge.params import MergeParams


def _params() -> type[Params]:
    from gnomon.steps.merge.params import MergeParams

    return MergeParams


def merge_files(session: Session, scaled: Result, params: MergeParams) -> None:
    """Merge, say what came out, write the MTZ."""
    from gnomon.io.mtz import write_merged_mtz
    from gnomon.report.merge import describe
    from gnomon.step import checked
    from gnomon.steps.merge.step import merge

    result = checked(merge(scaled.experiments, scaled.reflections, params, reference_free_set=_reference(session)))
    session.say(describe(result.stats))
    session.say_impossible(result)
    if "mtz" in session.outputs:
        write_merged_mtz(session.outputs["mtz"], result.stats["merged"])
        session.wrote(session.outputs["mtz"])


def _reference(session: Session) -> FreeSet | None:
    """The free set of the MTZ file given, if one was."""
    from gnomon.io.mtz import read_free_set
    from gnomon.io.unmerged import is_merged_mtz
    from gnomon.steps.merge.free_set import FreeSet

    paths = [path for path in session.files(".mtz") if is_merged_mtz(path)]
    return FreeSet(*read_free_set(paths[0])) if paths else None


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
