"""Scaled observations to unique intensities and amplitudes."""

from gnomon.declared import Step

STEP = Step(
    name="merge",
    summary="merge scaled intensities, make amplitudes and a free set",
    run="gnomon.steps.merge.step:merge",
    params="gnomon.steps.merge.params:MergeParams",
    takes=("reference",),
    columns=("miller_index", "intensity.scale.value", "intensity.scale.variance", "inverse_scale_factor", "flags"),
    writes=(("mtz", "merged.mtz"), ("html", "gnomon.merge.html"), ("json", None)),
    usage="gnomon merge scaled.expt scaled.refl [free-set.mtz] [name=value ...]",
    example=("gnomon merge scaled.expt scaled.refl d_min=1.8",),
    after="estimate_resolution",
)
