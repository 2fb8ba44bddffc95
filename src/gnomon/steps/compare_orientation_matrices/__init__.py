"""By which rotation one crystal becomes another."""

from gnomon.declared import Step

STEP = Step(
    name="compare_orientation_matrices",
    summary="tell the rotation from one crystal to another, as they are indexed and by symmetry",
    run="gnomon.steps.compare_orientation_matrices.step:compare_orientation_matrices",
    params="gnomon.steps.compare_orientation_matrices.params:CompareOrientationMatricesParams",
    needs=("expt",),
    example=(
        "gnomon compare_orientation_matrices a/indexed.expt b/indexed.expt hkl=1,0,0 hkl=0,0,1",
        "gnomon compare_orientation_matrices integrated.expt comparison=sequential space_group=P422",
        "gnomon compare_orientation_matrices indexed.expt scaled.expt lattice=true",
    ),
)
