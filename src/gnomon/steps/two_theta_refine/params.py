"""Which reflections refine which cell."""

from __future__ import annotations

from gnomon.params import Params, param


class TwoThetaRefineParams(Params):
    """Which reflections refine which cell."""

    filter_integrated_centroids: bool = param(
        True,
        "of integrated reflections take only those that are found as spots or have an intensity above 5 sigma",
        name="refinement.filter_integrated_centroids",
    )
    partiality_threshold: float = param(
        0.4, "leave out reflections of which less was recorded", name="refinement.partiality_threshold", ge=0, le=1
    )
    combine_crystal_models: bool = param(
        True, "one cell for all experiments; else each has its own", name="refinement.combine_crystal_models"
    )
    triclinic: bool = param(False, "let the cell be free of its symmetry", name="refinement.triclinic")
