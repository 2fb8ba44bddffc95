"""What assign_experiment_identifiers can be told."""

from __future__ import annotations

from gnomon.params import Params, param


class AssignExperimentIdentifiersParams(Params):
    """What the experiments are called."""

    identifiers: tuple[str, ...] = param(
        (), "a name for each experiment, in their order; where none, those that have one keep it, others get one"
    )
