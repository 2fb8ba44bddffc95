"""How far the data reach."""

from gnomon.declared import Step

STEP = Step(
    name="estimate_resolution",
    summary="say how far scaled data reach",
    run="gnomon.steps.estimate_resolution.step:estimate_resolution",
    params="gnomon.steps.estimate_resolution.params:EstimateResolutionParams",
    columns=("intensity.scale.value", "inverse_scale_factor"),
    writes=(("html", "gnomon.estimate_resolution.html"),),
    example=(
        "gnomon estimate_resolution scaled.expt scaled.refl",
        "gnomon estimate_resolution scaled.expt scaled.refl cc_half=0.3 misigma=1.5",
    ),
    after="correlation_matrix",
)
