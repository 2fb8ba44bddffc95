"""``gnomon.process_data``: what ``gnomon process`` does, from Python, without files."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import Any

from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.pipeline import STAGES
from gnomon.process.params import ProcessParams
from gnomon.process.run import process
from gnomon.process.runner import Outcome
from gnomon.process.start import is_settled
from gnomon.step import HERE, Context, Data

Paths = str | PathLike[str] | Iterable[str | PathLike[str]]


def process_data(
    data: Data | Experiments | Paths, reflections: Reflections | None = None, *, context: Context = HERE, **params: Any
) -> list[Outcome]:
    """The outcome of each stage in turn with its decisions; those that are ``final`` hold scaled data, to be merged.

    data: images by their paths, experiments, or the result of a step. params: those of
    :class:`gnomon.process.params.ProcessParams`, by name. Raises InputError where no sensible fallback is left.
    """
    if isinstance(data, Data):
        reflections = data.reflections if len(data.reflections) else None
        data = data.experiments
    wishes = ProcessParams(**params)
    if isinstance(data, Experiments):
        experiments = data
    else:
        experiments = STAGES["import"](data, context=context, **wishes.steps.get("import", {})).experiments
    settled = is_settled(experiments)
    outcomes = process(experiments, wishes, reflections=reflections, in_one_setting=settled, context=context)
    return list(outcomes)
