"""Pixels that are strong whatever the image."""

from gnomon.declared import Step

STEP = Step(
    name="find_hot_pixels",
    summary="find pixels that are strong on most images, and make a mask without them",
    run="gnomon.steps.find_hot_pixels.step:find_hot_pixels",
    params="gnomon.steps.find_hot_pixels.params:FindHotPixelsParams",
    needs=("images", "expt", "refl"),
    columns=("id",),
    writes=(("mask", "hot_pixels.mask"), ("expt", None)),
    example=(
        "gnomon find_spots imported.expt output.shoeboxes=true max_separation=1000 max_spot_size=100000",
        "gnomon find_hot_pixels imported.expt strong.refl output.experiments=masked.expt",
    ),
)
