"""Many experiment lists as one, with shared models shared."""

from gnomon.declared import Step

STEP = Step(
    name="combine_experiments",
    summary="make one pair of files of many, with shared models shared",
    run="gnomon.steps.combine_experiments.step:combine_experiments",
    params="gnomon.steps.combine_experiments.params:CombineExperimentsParams",
    writes=(("expt", "combined.expt"), ("refl", "combined.refl")),
    usage="gnomon combine_experiments FILES.expt FILES.refl [name=value ...]",
    example=(
        "gnomon combine_experiments */indexed.expt */indexed.refl",
        "gnomon combine_experiments *.expt *.refl reference_from_experiment.detector=0 compare_models=false",
    ),
)
