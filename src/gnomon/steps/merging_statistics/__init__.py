"""How well scaled observations agree."""

from gnomon.declared import Step

STEP = Step(
    name="merging_statistics",
    summary="merging statistics of scaled observations, in shells and overall",
    run="gnomon.steps.merging_statistics.step:merging_statistics",
    params="gnomon.steps.merging_statistics.params:MergingStatisticsParams",
    columns=("miller_index", "intensity.scale.value", "intensity.scale.variance", "inverse_scale_factor"),
    writes=(("html", "gnomon.merging_statistics.html"),),
    example=(
        "gnomon merging_statistics scaled.expt scaled.refl",
        "gnomon merging_statistics scaled_unmerged.mtz d_min=1.8 n_bins=10",
    ),
)
