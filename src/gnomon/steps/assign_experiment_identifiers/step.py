"""assign_experiment_identifiers: a name of its own for each experiment."""

from __future__ import annotations

from collections.abc import Sequence

from gnomon.errors import InputError
from gnomon.models.experiment import Experiments
from gnomon.models.identifiers import named, with_unique_identifiers
from gnomon.models.reflections import Reflections
from gnomon.step import Result
from gnomon.steps.assign_experiment_identifiers.params import AssignExperimentIdentifiersParams
from gnomon.steps.assign_experiment_identifiers.summary import AssignExperimentIdentifiersSummary


def assign_experiment_identifiers(
    experiments: Experiments, reflections: Reflections, params: AssignExperimentIdentifiersParams
) -> Result[AssignExperimentIdentifiersSummary]:
    """The experiments and their reflections under the identifiers given, or of their own where they lack one.

    Of several experiments with one identifier the first keeps it. New ones are made of images and place in the list, so
    that they are the same each time. Raises InputError where there are more or fewer names than experiments, or two
    alike.
    """
    if params.identifiers:
        _check(params.identifiers, len(experiments))
        found = named(experiments, dict(enumerate(params.identifiers)))
    else:
        found, _ = with_unique_identifiers(experiments)
    names = tuple(e.identifier for e in found)
    summary = AssignExperimentIdentifiersSummary(
        identifiers=names, n_new=sum(e.identifier != name for e, name in zip(experiments, names))
    )
    return Result(found, reflections.with_identifiers(dict(enumerate(names))), summary)


def _check(identifiers: Sequence[str], n: int) -> None:
    if len(identifiers) != n:
        raise InputError(f"identifiers has {len(identifiers)} names for {n} experiments; give one for each")
    twice = [name for i, name in enumerate(identifiers) if name in identifiers[:i]]
    if twice:
        raise InputError(f"identifiers has {twice[0]!r} twice; give each experiment a name of its own")
