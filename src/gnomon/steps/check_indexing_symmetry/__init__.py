"""Whether indices and space group suit the intensities."""

from gnomon.declared import Step

STEP = Step(
    name="check_indexing_symmetry",
    summary="correlate intensities under the space group's operators, and under shifted indices",
    run="gnomon.steps.check_indexing_symmetry.step:check_indexing_symmetry",
    params="gnomon.steps.check_indexing_symmetry.params:CheckIndexingSymmetryParams",
    columns=("miller_index",),
    example=(
        "gnomon check_indexing_symmetry indexed.expt indexed.refl grid=1 symop_threshold=0.7",
        "gnomon check_indexing_symmetry scaled.expt scaled.refl grid_l=3 asu=true",
    ),
)
