"""``gnomon cluster_unit_cell``: which crystals have one unit cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import REFLECTIONS, Command
from gnomon.params import Params, param

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def _params() -> type[Params]:
    from gnomon.steps.cluster_unit_cell.params import ClusterUnitCellParams

    class ClusterFilesParams(ClusterUnitCellParams):
        """Where the tree of cells is cut, and whether clusters are written."""

        clusters: bool = param(False, "write cluster_0.expt, cluster_1.expt... and their .refl", name="output.clusters")

    return ClusterFilesParams


def run(session: Session) -> None:
    """Say which crystals belong together; write a pair of files for each cluster if asked."""
    from gnomon.cli.parts import write_parts
    from gnomon.models.reflections import Reflections
    from gnomon.models.subset import subset
    from gnomon.report.cluster_unit_cell import describe
    from gnomon.step import Data
    from gnomon.steps.cluster_unit_cell.params import ClusterUnitCellParams
    from gnomon.steps.cluster_unit_cell.step import cluster_unit_cell

    experiments = session.experiments()
    has_reflections = bool(session.files(*REFLECTIONS) or session.unmerged)
    reflections = session.reflections(experiments) if has_reflections else Reflections()
    values = session.params.model_dump()
    wanted = values.pop("clusters")
    result = cluster_unit_cell(experiments, reflections, ClusterUnitCellParams(**values), workers=session.workers)
    session.record.step("cluster_unit_cell", session.params, result.summary)
    session.say(describe(result.summary))
    if wanted:
        members = [cluster.members for cluster in result.summary.clusters]
        parts = [Data(*subset(experiments, reflections, rows)) for rows in members]
        paths = [(f"{c.name}.expt", f"{c.name}.refl" if has_reflections else None) for c in result.summary.clusters]
        write_parts(session, parts, paths)


COMMAND = Command(
    name="cluster_unit_cell",
    summary="group crystals by their unit cells",
    params=_params,
    run=run,
    needs=("expt",),
    usage="gnomon cluster_unit_cell FILES.expt [FILES.refl] [name=value ...]",
    example="gnomon cluster_unit_cell combined.expt\n"
    "gnomon cluster_unit_cell integrated.expt integrated.refl threshold=500 output.clusters=true",
)
