"""Goniometer settings that bring axes of the crystal into chosen directions."""

from gnomon.declared import Step

STEP = Step(
    name="align_crystal",
    summary="find goniometer angles that bring axes of the crystal along the spindle, or across it and the beam",
    run="gnomon.steps.align_crystal.step:align_crystal",
    params="gnomon.steps.align_crystal.params:AlignCrystalParams",
    needs=("expt",),
    writes=(("json", "align_crystal.json"),),
    example=(
        "gnomon align_crystal refined.expt",
        "gnomon align_crystal refined.expt vector=0,0,1 vector=0,1,0 frame=direct mode=cusp",
    ),
)
