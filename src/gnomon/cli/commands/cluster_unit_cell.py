"""``gnomon cluster_unit_cell``: which crystals have one unit cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import REFLECTIONS
from gnomon.cli.parts import write_parts
from gnomon.cli.step_command import given_data, is_given, step_command, tell
from gnomon.params import Params, param
from gnomon.pipeline import STEPS

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
    from gnomon.models.subset import subset
    from gnomon.step import Data

    stage = STEPS["cluster_unit_cell"]
    data = given_data(stage, session)
    clusters = tell(stage, session, *data).summary.clusters
    if session.params.clusters:
        has_refl = is_given(session, *REFLECTIONS)
        parts = [Data(*subset(*data, cluster.members)) for cluster in clusters]
        write_parts(session, parts, [(f"{c.name}.expt", f"{c.name}.refl" if has_refl else None) for c in clusters])


COMMAND = step_command("cluster_unit_cell", run, params=_params)
