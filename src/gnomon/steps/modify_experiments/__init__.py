"""Another geometry for experiments that there are."""

from gnomon.declared import Step

STEP = Step(
    name="modify_experiments",
    summary="change beam, detector, goniometer or oscillation of experiments",
    run="gnomon.steps.modify_experiments.step:modify_experiments",
    params="gnomon.steps.modify_experiments.params:ModifyExperimentsParams",
    needs=("expt",),
    writes=(("expt", "modified.expt"),),
    example=(
        "gnomon modify_experiments imported.expt distance=201.5 fast_slow_beam_centre=512,520",
        "gnomon modify_experiments imported.expt goniometer.axis=0,-1,0 select_experiments=0,2",
    ),
)
