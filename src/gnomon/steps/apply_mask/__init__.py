"""Experiments that use given masks."""

from gnomon.declared import Step

STEP = Step(
    name="apply_mask",
    summary="have experiments use a mask, or leave out shadows of the goniometer",
    run="gnomon.steps.apply_mask.step:apply_mask",
    params="gnomon.steps.apply_mask.params:ApplyMaskParams",
    needs=("images", "expt"),
    writes=(("expt", "masked.expt"),),
    usage="gnomon apply_mask FILE.expt mask=FILE [mask=FILE ...] [shadow=FILE]",
    example=(
        "gnomon apply_mask imported.expt mask=pixels.mask",
        "gnomon apply_mask imported.expt shadow=smargon.toml",
    ),
)
