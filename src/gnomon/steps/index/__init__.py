"""Indexing: a lattice for the strong spots of each sweep."""

from gnomon.declared import Step

STEP = Step(
    name="index",
    summary="find the lattice, orientation and indices of the spots",
    run="gnomon.steps.index.step:index",
    params="gnomon.steps.index.params:IndexParams",
    columns=("id", "panel", "xyzobs.px.value", "xyzobs.px.variance"),
    makes=(
        "d",
        "entering",
        "imageset_id",
        "miller_index",
        "rlp",
        "s1",
        "xyzcal.mm",
        "xyzcal.px",
        "xyzobs.mm.value",
        "xyzobs.mm.variance",
    ),
    changes=("flags", "id"),
    writes=(("expt", "indexed.expt"), ("refl", "indexed.refl"), ("html", "gnomon.index.html")),
    example=(
        "gnomon index imported.expt strong.refl",
        "gnomon index imported.expt strong.refl space_group=P43212 unit_cell=78.5,78.5,37.1,90,90,90 max_lattices=2",
    ),
    after="find_spots",
)
