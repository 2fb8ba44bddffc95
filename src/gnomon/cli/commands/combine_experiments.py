"""``gnomon combine_experiments``: many pairs of files as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import EXPERIMENTS, REFLECTIONS
from gnomon.cli.parts import numbered, write_parts
from gnomon.cli.step_command import step_command, tell
from gnomon.errors import InputError, UsageError
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.step import Result
    from gnomon.steps.combine_experiments.params import CombineExperimentsParams


def _write_clusters(session: Session, result: Result, params: CombineExperimentsParams) -> None:
    """A pair of files for each cluster of unit cells."""
    from gnomon.models.subset import subset
    from gnomon.step import Data

    stage = STEPS["cluster_unit_cell"]
    clustered = stage(result, threshold=params.threshold)
    session.say(stage.describe(clustered))
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
    from gnomon.models.subset import even_parts, subset
    from gnomon.step import Data

    members = even_parts(len(result.experiments), most)
    total = len(result.experiments)
    parts = [Data(*subset(result.experiments, result.reflections, rows)) for rows in members]
    write_parts(session, parts, _names(session, len(parts), total))


def _names(session: Session, n: int, total: int, what: str = "") -> list[tuple[str | None, str | None]]:
    """The pairs of file names of n parts, with as many digits as ``total`` needs."""
    expt, refl = session.outputs.get("expt"), session.outputs.get("refl")
    return [(expt and numbered(expt, i, total, what), refl and numbered(refl, i, total, what)) for i in range(n)]


def run(session: Session[CombineExperimentsParams]) -> None:
    """Write combined.expt and combined.refl, or batches or clusters of them."""
    from gnomon.cli.reading import read_pairs

    pairs = session.files(*EXPERIMENTS), session.files(*REFLECTIONS)
    if not pairs[0]:
        raise UsageError("combine_experiments needs pairs of files; give .expt and .refl files in one order")
    experiments, reflections, notes = read_pairs(*pairs)
    for note in notes:
        session.say(note)
    stage = STEPS["combine_experiments"]
    result, params = tell(stage, session, experiments, reflections), session.params
    if params.clustering:
        _write_clusters(session, result, params)
    elif params.max_batch_size is not None:
        _write_batches(session, result, params.max_batch_size)
    else:
        session.write(result, shoeboxes="shoebox" in result.reflections)


COMMAND = step_command("combine_experiments", run)
