"""Where reflections are missing together."""

from gnomon.declared import Step

STEP = Step(
    name="missing_reflections",
    summary="find connected regions of reflections that were never measured",
    run="gnomon.steps.missing_reflections.step:missing_reflections",
    params="gnomon.steps.missing_reflections.params:MissingReflectionsParams",
    columns=("miller_index",),
    example=(
        "gnomon missing_reflections integrated.expt integrated.refl",
        "gnomon missing_reflections scaled.expt scaled.refl min_component_size=10",
    ),
)
