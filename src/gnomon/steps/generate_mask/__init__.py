"""Which pixels may be used, as a mask."""

from gnomon.declared import Step

STEP = Step(
    name="generate_mask",
    summary="make a mask of the pixels that may be used",
    run="gnomon.steps.generate_mask.step:generate_mask",
    params="gnomon.steps.generate_mask.params:GenerateMaskParams",
    needs=("images", "expt"),
    writes=(("mask", "pixels.mask"), ("expt", None)),
    example=(
        "gnomon generate_mask imported.expt border=2 untrusted.circle=520,510,30 d_max=40",
        "gnomon generate_mask imported.expt untrusted.polygon=0,500,480,495,480,520,0,525 "
        "output.experiments=masked.expt",
        "gnomon generate_mask imported.expt ice_rings.filter=true output.mask=ice.mask",
    ),
)
