"""A scan as stills."""

from gnomon.declared import Step

STEP = Step(
    name="sequence_to_stills",
    summary="make each image of a scan a still of its own",
    run="gnomon.steps.sequence_to_stills.step:sequence_to_stills",
    params="gnomon.steps.sequence_to_stills.params:SequenceToStillsParams",
    columns=("id", "panel"),
    makes=(
        "bbox",
        "delpsical.rad",
        "id",
        "intensity.sum.value",
        "intensity.sum.variance",
        "n_signal",
        "s1",
        "xyzcal.mm",
        "xyzcal.px",
        "xyzobs.px.value",
        "xyzobs.px.variance",
    ),
    writes=(("expt", "stills.expt"), ("refl", "stills.refl")),
    example=(
        "gnomon sequence_to_stills refined.expt refined.refl",
        "gnomon sequence_to_stills refined.expt refined.refl max_scan_points=10",
    ),
)
