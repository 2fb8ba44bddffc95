"""Where directions of the reciprocal lattice point, on a stereogram."""

from gnomon.declared import Step

STEP = Step(
    name="stereographic_projection",
    summary="draw where reciprocal directions of crystals point, as a stereographic projection",
    run="gnomon.steps.stereographic_projection.step:stereographic_projection",
    params="gnomon.steps.stereographic_projection.params:StereographicProjectionParams",
    needs=("expt",),
    writes=(
        ("png", "stereographic_projection.png"),
        ("coordinates", "projections.txt"),
        ("json", None),
        ("html", "gnomon.stereographic_projection.html"),
    ),
    example=(
        "gnomon stereographic_projection indexed.expt hkl=0,0,1 hkl=1,1,0",
        "gnomon stereographic_projection indexed.expt hkl_limit=2 frame=crystal plot.label_indices=true",
    ),
)
