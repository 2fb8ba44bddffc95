"""``gnomon correlation_matrix``: which data sets are alike; a pair of files for each cluster if asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gnomon.cli.step_command import run_step, step_command
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.step import Result


def run(session: Session) -> None:
    """Compare the data sets given; write the clusters if ``significant_clusters.output``."""
    result = run_step(STEPS["correlation_matrix"], session)
    if getattr(session.params, "output", False):
        write_clusters(session, result)


def write_clusters(session: Session, result: Result) -> None:
    """A pair of files ``cluster_N.expt`` and ``cluster_N.refl`` for each cluster."""
    from gnomon.models.subset import subset
    from gnomon.step import Data

    for cluster in result.summary.clusters:
        part = Data(*subset(result.experiments, result.reflections, cluster.members))
        names = {kind: f"{cluster.name}.{kind}" for kind in ("expt", "refl")}
        replace(session, outputs=names).write(part)


COMMAND = step_command("correlation_matrix", run)
