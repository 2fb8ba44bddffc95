"""How much the goniometer hides, and whether it is dark there."""

from gnomon.declared import Step

STEP = Step(
    name="shadow_plot",
    summary="say how much of each image the goniometer hides, and whether it is dark there",
    run="gnomon.steps.shadow_plot.step:shadow_plot",
    params="gnomon.steps.shadow_plot.params:ShadowPlotParams",
    needs=("images", "expt"),
    example=(
        "gnomon apply_mask imported.expt shadow=smargon.toml",
        "gnomon shadow_plot masked.expt output.json=shadow.json",
    ),
)
