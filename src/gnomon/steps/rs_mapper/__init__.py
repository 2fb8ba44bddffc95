"""A map of reciprocal space."""

from gnomon.declared import Step

STEP = Step(
    name="rs_mapper",
    summary="put the counts of all images into a map of reciprocal space, for programs that show density",
    run="gnomon.steps.rs_mapper.step:rs_mapper",
    params="gnomon.steps.rs_mapper.params:RsMapperParams",
    needs=("images", "expt"),
    writes=(("map_file", "rs_mapper_output.mrc"),),
    example=(
        "gnomon rs_mapper imported.expt",
        "gnomon rs_mapper imported.expt grid_size=256 max_resolution=4 output.map_file=map.ccp4",
    ),
)
