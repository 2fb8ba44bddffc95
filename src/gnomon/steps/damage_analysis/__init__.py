"""How the intensities of scaled data change with dose."""

from gnomon.declared import Step

STEP = Step(
    name="damage_analysis",
    summary="say how intensities change with dose, and how much to keep",
    run="gnomon.steps.damage_analysis.step:damage_analysis",
    params="gnomon.steps.damage_analysis.params:DamageAnalysisParams",
    columns=("intensity.scale.value", "inverse_scale_factor"),
    usage="gnomon damage_analysis scaled.expt scaled.refl [name=value ...]",
    example=("gnomon damage_analysis scaled.expt scaled.refl dose_per_image=0.02",),
)
