"""Some of the images, with all that goes with them."""

from gnomon.declared import Step

STEP = Step(
    name="slice_sequence",
    summary="keep some images of a scan, or cut it into blocks",
    run="gnomon.steps.slice_sequence.step:slice_sequence",
    params="gnomon.steps.slice_sequence.params:SliceSequenceParams",
    needs=("expt",),
    takes=("refl",),
    writes=(("expt", ""), ("refl", "")),
    usage="gnomon slice_sequence FILE.expt [FILE.refl] [name=value ...]",
    example=(
        "gnomon slice_sequence integrated.expt integrated.refl image_range=1,20",
        "gnomon slice_sequence integrated.expt integrated.refl block_size=5",
    ),
)
