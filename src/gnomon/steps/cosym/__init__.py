"""Laue group and indexing choice of many crystals together."""

from gnomon.declared import Step

STEP = Step(
    name="cosym",
    summary="find the symmetry and the indexing choice of many crystals",
    run="gnomon.steps.cosym.step:cosym",
    params="gnomon.steps.cosym.params:CosymParams",
    columns=("id", "miller_index"),
    changes=("miller_index",),
    writes=(("expt", "symmetrized.expt"), ("refl", "symmetrized.refl"), ("html", "gnomon.cosym.html")),
    example=(
        "gnomon cosym */integrated.expt */integrated.refl",
        "gnomon cosym */integrated.expt */integrated.refl space_group=I213",
    ),
    after="symmetry",
)
