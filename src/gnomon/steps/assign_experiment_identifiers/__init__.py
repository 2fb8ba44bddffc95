"""A name of its own for each experiment."""

from gnomon.declared import Step

STEP = Step(
    name="assign_experiment_identifiers",
    summary="give each experiment an identifier, in the experiments and their reflections",
    run="gnomon.steps.assign_experiment_identifiers.step:assign_experiment_identifiers",
    params="gnomon.steps.assign_experiment_identifiers.params:AssignExperimentIdentifiersParams",
    writes=(("expt", "assigned.expt"), ("refl", "assigned.refl")),
    usage="gnomon assign_experiment_identifiers FILES.expt FILES.refl [name=value ...]",
    example=(
        "gnomon assign_experiment_identifiers integrated.expt integrated.refl",
        'gnomon assign_experiment_identifiers 1.expt 2.expt 1.refl 2.refl identifiers="native soaked"',
    ),
)
