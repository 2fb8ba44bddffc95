"""Where the rotation axis points."""

from gnomon.declared import Step

STEP = Step(
    name="find_rotation_axis",
    summary="find the direction of the rotation axis from spots, as electron diffraction needs it",
    run="gnomon.steps.find_rotation_axis.step:find_rotation_axis",
    params="gnomon.steps.find_rotation_axis.params:FindRotationAxisParams",
    columns=("xyzobs.px.value",),
    writes=(("expt", "optimised.expt"),),
    example=(
        "gnomon find_rotation_axis imported.expt strong.refl",
        "gnomon find_rotation_axis imported.expt strong.refl azimuth=-41.5 global_search=false",
    ),
)
