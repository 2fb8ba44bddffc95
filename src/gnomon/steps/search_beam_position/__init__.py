"""A better beam centre, from spots or from the images."""

from gnomon.declared import Step

STEP = Step(
    name="search_beam_position",
    summary="find the beam centre from spots, or from the images",
    run="gnomon.steps.search_beam_position.step:search_beam_position",
    params="gnomon.steps.search_beam_position.params:SearchBeamPositionParams",
    needs=("expt",),
    takes=("refl", "images"),
    writes=(("expt", "optimised.expt"),),
    usage="gnomon search_beam_position imported.expt [strong.refl] [name=value ...]",
    example=(
        "gnomon search_beam_position imported.expt strong.refl",
        "gnomon search_beam_position imported.expt strong.refl mm_search_scope=10 n_macro_cycles=2",
        "gnomon search_beam_position imported.expt method=midpoint",
    ),
)
