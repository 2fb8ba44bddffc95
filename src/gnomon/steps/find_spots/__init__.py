"""Strong pixels, and the spots they make."""

from gnomon.declared import Step

STEP = Step(
    name="find_spots",
    summary="find strong spots on the images",
    run="gnomon.steps.find_spots.step:find_spots",
    params="gnomon.steps.find_spots.params:FindSpotsParams",
    needs=("images", "expt"),
    makes=(
        "bbox",
        "flags",
        "id",
        "intensity.sum.value",
        "intensity.sum.variance",
        "n_signal",
        "panel",
        "xyzobs.px.value",
        "xyzobs.px.variance",
    ),
    writes=(("refl", "strong.refl"), ("html", "gnomon.find_spots.html")),
    example=(
        "gnomon find_spots imported.expt",
        "gnomon find_spots imported.expt d_min=1.8 scan_range=1,90",
    ),
    after="import",
)
