"""Refine geometry: beam, detector and crystals, static and along the scan."""

from gnomon.declared import Step

STEP = Step(
    name="refine",
    summary="refine geometry, orientation and cell against the spots",
    run="gnomon.steps.refine.step:refine",
    params="gnomon.steps.refine.params:RefineParams",
    columns=("id", "miller_index", "panel", "flags", "xyzobs.px.value", "xyzobs.px.variance"),
    makes=("rlp", "s1", "xyzcal.mm", "xyzcal.px", "xyzobs.mm.value", "xyzobs.mm.variance"),
    changes=("flags",),
    writes=(("expt", "refined.expt"), ("refl", "refined.refl"), ("html", "gnomon.refine.html")),
    example=(
        "gnomon refine indexed.expt indexed.refl",
        "gnomon refine indexed.expt indexed.refl scan_varying=false detector.fix=distance",
    ),
    after="index",
)
