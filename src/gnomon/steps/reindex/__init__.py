"""Another basis, origin or space group for indexed reflections."""

from gnomon.declared import Step

STEP = Step(
    name="reindex",
    summary="change the basis of crystals and indices, or match a reference",
    run="gnomon.steps.reindex.step:reindex",
    params="gnomon.steps.reindex.params:ReindexParams",
    needs=(),
    takes=("expt", "refl", "reference"),
    changes=("miller_index",),
    writes=(("expt", "reindexed.expt"), ("refl", "reindexed.refl")),
    usage="gnomon reindex [FILE.expt] [FILE.refl] [name=value ...]",
    example=(
        "gnomon reindex indexed.refl change_of_basis_op=b-c,b+c,a",
        "gnomon reindex integrated.expt integrated.refl reference.experiments=ref.expt reference.reflections=ref.refl",
        "gnomon reindex scaled.expt scaled.refl reference=2bn3.pdb",
    ),
)
