"""One experiment list as many."""

from gnomon.declared import Step

STEP = Step(
    name="split_experiments",
    summary="write each experiment, or group of them, to files of its own",
    run="gnomon.steps.split_experiments.step:split_experiments",
    params="gnomon.steps.split_experiments.params:SplitExperimentsParams",
    needs=("expt",),
    takes=("refl",),
    usage="gnomon split_experiments FILE.expt [FILE.refl] [name=value ...]",
    example=(
        "gnomon split_experiments combined.expt combined.refl",
        "gnomon split_experiments scaled.expt scaled.refl by_wavelength=true output.experiments_prefix=energy",
    ),
)
