"""``gnomon combine_experiments``: many pairs of files as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import EXPERIMENTS, REFLECTIONS, Command
from gnomon.errors import InputError
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.step import Result
    from gnomon.steps.combine_experiments.params import CombineExperimentsParams


def _params() -> type[Params]:
    from gnomon.steps.combine_experiments.params import CombineExperimentsParams

    return CombineExperimentsParams


def _write_clusters(session: Session, result: Result, params: CombineExperimentsParams) -> None:
    """A pair of files for each cluster of unit cells."""
    from gnomon.cli.parts import write_parts
    from gnomon.models.subset import subset
    from gnomon.report.cluster_unit_cell import describe
    from gnomon.step import Data
    from gnomon.steps.cluster_unit_cell.params import ClusterUnitCellParams
    from gnomon.steps.cluster_unit_cell.step import cluster_unit_cell

    clustered = cluster_unit_cell(
        result.experiments, result.reflections, ClusterUnitCellParams(threshold=params.threshold)
    )
    session.say(describe(clustered.summary))
    wanted = [
        c.members
        for c in clustered.summary.clusters
        if len(c.members) > 1 or not params.exclude_single_crystal_clusters
    ][: params.max_clusters]
    if not wanted:
        raise InputError("clustering: every crystal is alone; raise clustering.threshold or keep single crystals")
    parts = [Data(*subset(result.experiments, result.reflections, members)) for members in wanted]
    write_parts(session, parts, _names(session, len(parts), len(parts), "_cluster"))


def _write_batches(session: Session, result: Result, most: int) -> None:
    """Pairs of files of at most so many experiments."""
    from gnomon.cli.parts import write_parts
    from gnomon.models.subset import even_parts, subset
    from gnomon.step import Data

    members = even_parts(len(result.experiments), most)
    total = len(result.experiments)
    parts = [Data(*subset(result.experiments, result.reflections, rows)) for rows in members]
    write_parts(session, parts, _names(session, len(parts), total))


def _names(session: Session, n: int, total: int, what: str = "") -> list[tuple[str | None, str | None]]:
    """The pairs of file names of n parts, with as many digits as ``total`` needs."""
    from gnomon.cli.parts import numbered

    expt, refl = session.outputs.get("expt"), session.outputs.get("refl")
    return [(expt and numbered(expt, i, total, what), refl and numbered(refl, i, total, what)) for i in range(n)]


def run(session: Session) -> None:
    """Write combined.expt and combined.refl, or batches or clusters of them."""
    from gnomon.cli.reading import read_pairs
    from gnomon.report.combine_experiments import describe
    from gnomon.steps.combine_experiments.params import CombineExperimentsParams
    from gnomon.steps.combine_experiments.step import combine_experiments

    params = session.params
    assert isinstance(params, CombineExperimentsParams)
    pairs = session.files(*EXPERIMENTS), session.files(*REFLECTIONS)
    if not pairs[0]:
        raise InputError("combine_experiments needs pairs of files; give .expt and .refl files in one order")
    experiments, reflections, notes = read_pairs(*pairs)
    for note in notes:
        session.say(note)
    result = combine_experiments(experiments, reflections, params, workers=session.workers)
    session.say(describe(result.summary))
    session.record.step("combine_experiments", session.params, result.summary)
    if params.clustering:
        _write_clusters(session, result, params)
    elif params.max_batch_size is not None:
        _write_batches(session, result, params.max_batch_size)
    else:
        session.write(result, shoeboxes="shoebox" in result.reflections)


COMMAND = Command(
    name="combine_experiments",
    summary="make one pair of files of many, with shared models shared",
    params=_params,
    run=run,
    needs=("paths",),
    outputs=(("expt", "combined.expt"), ("refl", "combined.refl")),
    usage="gnomon combine_experiments FILES.expt FILES.refl [name=value ...]",
    example="gnomon combine_experiments */indexed.expt */indexed.refl\n"
    "gnomon combine_experiments *.expt *.refl reference_from_experiment.detector=0 compare_models=false",
)
