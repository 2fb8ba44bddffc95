"""Parameters of correlation_matrix."""

from __future__ import annotations

from typing import Literal

from gnomon.params import Params, param


class CorrelationMatrixParams(Params):
    """How data sets are compared, how clusters are proposed and which of them are believed."""

    partiality_threshold: float = param(0.4, "least recorded part of a reflection that is used", ge=0, le=1)
    d_min: float | None = param(None, "high-resolution limit; none means where <I>/<sigma> falls", unit="Å", gt=0)
    min_i_mean_over_sigma_mean: float = param(1.0, "least <I>/<sigma> of a resolution shell that is used", ge=0)
    min_reflections: int = param(30, "unique reflections that a data set needs to be compared", ge=3)
    cc_weights: Literal["sigma", "none"] = param("sigma", "how reflections count in the correlation of two data sets")
    min_pairs: int = param(10, "reflections that two data sets must share for a correlation", ge=3)
    dimensions: int | None = param(None, "of the coordinates; as many as are above the noise if not given", ge=1)
    maximum_dimensions: int = param(
        6, "most dimensions that are tried", ge=2, name="dimensionality_assessment.maximum_dimensions"
    )
    linkage_method: Literal["ward", "average"] = param(
        "ward", "how trees join", name="hierarchical_clustering.linkage_method"
    )
    xi: float = param(0.05, "least steepness of OPTICS' reachability", gt=0, lt=1, name="significant_clusters.xi")
    max_distance: float = param(
        0.5, "greatest distance between neighbours for OPTICS", gt=0, name="significant_clusters.max_distance"
    )
    min_points: int = param(
        5, "least neighbours for OPTICS; more are tried if optimise_input", ge=2, name="significant_clusters.min_points"
    )
    optimise_input: bool = param(
        True, "choose OPTICS' neighbours by the silhouette", name="significant_clusters.optimise_input"
    )
    alpha: float = param(
        1.0, "how much points in no cluster cost", ge=0, name="significant_clusters.optimisation.alpha"
    )
    gamma: float = param(1.5, "power of their share in that cost", gt=0, name="significant_clusters.optimisation.gamma")
    significance: float = param(
        0.01, "risk to take that data sets of one kind are split", gt=0, lt=1, name="significant_clusters.significance"
    )
    halvings: int = param(
        5, "random halves of the reflections on which splits are found and tested", ge=1, le=50,
        name="significant_clusters.halvings",
    )  # fmt: skip
    output: bool = param(False, "write cluster_N.expt and .refl", name="significant_clusters.output")
    differing: int = param(20, "reflections to name that differ most, for each two clusters", ge=0)
    seed: int = param(230, "of the halves and of the start of the coordinates", ge=0)
