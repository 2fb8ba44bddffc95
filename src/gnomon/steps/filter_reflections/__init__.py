"""Some of the reflections, by what is known of them."""

from gnomon.declared import Step

STEP = Step(
    name="filter_reflections",
    summary="keep the reflections that have these flags, resolutions, panels...",
    run="gnomon.steps.filter_reflections.step:filter_reflections",
    params="gnomon.steps.filter_reflections.params:FilterReflectionsParams",
    needs=("refl",),
    takes=("expt",),
    writes=(("refl", "filtered.refl"),),
    usage="gnomon filter_reflections [FILE.expt] FILE.refl [name=value ...]",
    example=(
        "gnomon filter_reflections integrated.refl flag_expression='integrated & ~reference_spot'",
        "gnomon filter_reflections integrated.expt integrated.refl d_min=2 ice_rings.filter=true",
    ),
)
