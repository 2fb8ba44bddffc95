"""Pixels that never see what their neighbours see."""

from gnomon.declared import Step

STEP = Step(
    name="find_bad_pixels",
    summary="find dead, hot and warm pixels, and make a mask without them",
    run="gnomon.steps.find_bad_pixels.step:find_bad_pixels",
    params="gnomon.steps.find_bad_pixels.params:FindBadPixelsParams",
    needs=("images", "expt"),
    writes=(("mask", "pixels.mask"), ("expt", None)),
    example=(
        "gnomon find_bad_pixels imported.expt image_range=1,1800",
        "gnomon find_bad_pixels imported.expt output.experiments=masked.expt",
    ),
)
