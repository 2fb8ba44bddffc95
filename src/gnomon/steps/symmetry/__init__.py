"""Laue group from the agreement of equivalents, space group from systematic absences."""

from gnomon.declared import Step

STEP = Step(
    name="symmetry",
    summary="find the Laue group and the space group",
    run="gnomon.steps.symmetry.step:symmetry",
    params="gnomon.steps.symmetry.params:SymmetryParams",
    columns=("id", "miller_index"),
    changes=("miller_index",),
    writes=(("expt", "symmetrized.expt"), ("refl", "symmetrized.refl"), ("html", "gnomon.symmetry.html")),
    example=(
        "gnomon symmetry integrated.expt integrated.refl",
        "gnomon symmetry integrated.expt integrated.refl laue_group=4/mmm",
    ),
    after="integrate",
)
