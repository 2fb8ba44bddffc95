"""What each data set does to CC1/2 of scaled data."""

from gnomon.declared import Step

STEP = Step(
    name="compute_delta_cchalf",
    summary="say which data sets or images make CC1/2 worse",
    run="gnomon.steps.compute_delta_cchalf.step:compute_delta_cchalf",
    params="gnomon.steps.compute_delta_cchalf.params:ComputeDeltaCchalfParams",
    columns=("intensity.scale.value", "inverse_scale_factor"),
    writes=(("expt", "filtered.expt"), ("refl", "filtered.refl"), ("html", "gnomon.compute_delta_cchalf.html")),
    usage="gnomon compute_delta_cchalf scaled.expt scaled.refl [name=value ...]",
    example=("gnomon compute_delta_cchalf scaled.expt scaled.refl mode=image_group group_size=5",),
)
