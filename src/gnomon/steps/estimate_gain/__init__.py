"""The gain of a detector from its own noise."""

from gnomon.declared import Step

STEP = Step(
    name="estimate_gain",
    summary="estimate the detector's gain from the scatter of the background",
    run="gnomon.steps.estimate_gain.step:estimate_gain",
    params="gnomon.steps.estimate_gain.params:EstimateGainParams",
    needs=("images", "expt"),
    writes=(("gain_map", None),),
    example=("gnomon estimate_gain imported.expt", "gnomon estimate_gain imported.expt max_images=5 kernel_size=5,5"),
)
