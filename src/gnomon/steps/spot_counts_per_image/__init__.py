"""Spots of each image: how many, how strong, how far they reach, and whether ice is among them."""

from gnomon.declared import Step

STEP = Step(
    name="spot_counts_per_image",
    summary="count the spots of each image, and say how far they reach",
    run="gnomon.steps.spot_counts_per_image.step:spot_counts_per_image",
    params="gnomon.steps.spot_counts_per_image.params:SpotCountsPerImageParams",
    columns=("id", "xyzobs.px.value", "intensity.sum.value"),
    usage="gnomon spot_counts_per_image imported.expt [strong.refl] [name=value ...]",
    example=(
        "gnomon spot_counts_per_image imported.expt strong.refl",
        "gnomon spot_counts_per_image imported.expt strong.refl output.json=per_image.json",
    ),
)
