"""Images that hold next to nothing."""

from gnomon.declared import Step

STEP = Step(
    name="detect_blanks",
    summary="find stretches of images with next to no spots, or intensities that are nothing",
    run="gnomon.steps.detect_blanks.step:detect_blanks",
    params="gnomon.steps.detect_blanks.params:DetectBlanksParams",
    columns=("xyzobs.px.value", "flags"),
    writes=(("json", "blanks.json"),),
    example=(
        "gnomon detect_blanks imported.expt strong.refl",
        "gnomon detect_blanks integrated.expt integrated.refl phi_step=1 misigma_fractional_loss=0.2",
    ),
)
