"""``gnomon compare_merging_stats``: merging statistics of several data sets beside each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.cli.command import EXPERIMENTS, REFLECTIONS, UNMERGED, Command
from gnomon.errors import InputError
from gnomon.params import Params, param
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.models.experiment import Experiments
    from gnomon.models.reflections import Reflections
    from gnomon.steps.merging_statistics.summary import MergingStatisticsSummary


def _params() -> type[Params]:
    from gnomon.steps.merging_statistics.params import MergingStatisticsParams

    class CompareMergingStatsParams(MergingStatisticsParams):
        """Which observations are merged, in how many shells, and what the data sets are called."""

        plot_labels: tuple[str, ...] = param((), "names of the data sets, in the order given; of files if not given")

    return CompareMergingStatsParams


def _data_sets(session: Session) -> dict[str, tuple[Experiments, Reflections]]:
    """The data sets by the names of their files. Raises InputError where pairs are incomplete."""
    from gnomon.io.expt import read_experiments
    from gnomon.io.refl import read_reflections
    from gnomon.io.unmerged import read_data_set

    lists, tables = session.files(*EXPERIMENTS), session.files(*REFLECTIONS)
    if len(lists) != len(tables):
        raise InputError(
            f"compare_merging_stats was given {len(lists)} .expt and {len(tables)} .refl files; give one of each for "
            "each data set, or unmerged MTZ files"
        )
    found = {expt: (read_experiments(expt), read_reflections(refl)) for expt, refl in zip(lists, tables)}
    return found | {path: read_data_set(path) for path in session.files(*UNMERGED)}


def _named(session: Session, paths: list[str]) -> list[str]:
    labels: tuple[str, ...] = session.params.plot_labels
    if labels and len(labels) != len(paths):
        raise InputError(f"plot_labels has {len(labels)} names for {len(paths)} data sets; give one each")
    short = [Path(path).stem for path in paths]
    return list(labels) or (short if len(set(short)) == len(short) else paths)


def run(session: Session) -> None:
    """Merge each data set; say and show the figures of all."""
    from gnomon.report.html.merging_statistics import compared_sections
    from gnomon.report.merging_statistics import compared

    stage, data = STEPS["merging_statistics"], _data_sets(session)
    if not data:
        raise InputError("compare_merging_stats was given no data; give scaled.expt scaled.refl pairs, or unmerged MTZ")
    own = stage.params_class.model_fields
    values = {key: value for key, value in session.params if key in own}
    found: dict[str, MergingStatisticsSummary] = {}
    for name, pair in zip(_named(session, list(data)), data.values()):
        found[name] = stage(*pair, context=session.context, **values).summary
        session.record.step(stage.name, session.params, found[name], name)
    session.say(compared(found))
    session.write_page(lambda: compared_sections(found))


COMMAND = Command(
    name="compare_merging_stats",
    summary="merging statistics of several scaled data sets beside each other",
    params=_params,
    run=run,
    outputs=(("html", "gnomon.compare_merging_stats.html"),),
    usage="gnomon compare_merging_stats a/scaled.expt a/scaled.refl b/scaled.expt b/scaled.refl ... [name=value ...]",
    example="gnomon compare_merging_stats */scaled_unmerged.mtz n_bins=10\n"
    "gnomon compare_merging_stats a/scaled.expt a/scaled.refl b/scaled.expt b/scaled.refl plot_labels=with,without",
)
