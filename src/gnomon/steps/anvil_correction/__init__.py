"""What the diamonds of a pressure cell absorbed."""

from gnomon.declared import Step

STEP = Step(
    name="anvil_correction",
    summary="give intensities back what the diamond anvils of a pressure cell absorbed",
    run="gnomon.steps.anvil_correction.step:anvil_correction",
    params="gnomon.steps.anvil_correction.params:AnvilCorrectionParams",
    columns=("id", "s1", "xyzcal.mm"),
    changes=(
        "intensity.prf.value",
        "intensity.prf.variance",
        "intensity.sum.value",
        "intensity.sum.variance",
    ),
    writes=(("expt", None), ("refl", "corrected.refl")),
    example=(
        "gnomon anvil_correction integrated.expt integrated.refl",
        "gnomon anvil_correction integrated.expt integrated.refl thickness=1.2 normal=1,0,0",
    ),
)
