"""Stills in groups."""

from gnomon.declared import Step

STEP = Step(
    name="split_still_data",
    summary="part stills into groups: by their place in a series, or by values such as dose or delay",
    run="gnomon.steps.split_still_data.step:split_still_data",
    params="gnomon.steps.split_still_data.params:SplitStillDataParams",
    columns=("id",),
    example=(
        "gnomon split_still_data integrated.expt integrated.refl series_repeat=10",
        "gnomon split_still_data integrated.expt integrated.refl grouping=dose.yml",
    ),
)
