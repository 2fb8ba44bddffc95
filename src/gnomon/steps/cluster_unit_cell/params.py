"""What cluster_unit_cell can be told."""

from __future__ import annotations

from typing import Literal

from gnomon.params import Params, param


class ClusterUnitCellParams(Params):
    """Where the tree of cells is cut."""

    threshold: float = param(5000.0, "distance of reduced cells at which clusters part", unit="Å²", ge=0)
    linkage: Literal["single", "complete", "average", "ward"] = param(
        "single", "how far apart clusters are: by their nearest members, furthest, the mean, or the growth of variance"
    )
    max_delta: float = param(3.0, "misfit allowed for the symmetry of a cluster's cell", unit="degree", gt=0)
