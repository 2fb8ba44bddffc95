"""Refinement in every lattice that the metric allows, for the choice of one."""

from gnomon.declared import Step

STEP = Step(
    name="refine_bravais_settings",
    summary="refine in every lattice that the metric allows, to choose one",
    run="gnomon.steps.refine_bravais_settings.step:refine_bravais_settings",
    params="gnomon.steps.refine_bravais_settings.params:RefineBravaisSettingsParams",
    columns=("miller_index", "id", "xyzobs.px.value"),
    changes=("miller_index",),
    example=("gnomon refine_bravais_settings indexed.expt indexed.refl",),
)
