"""What is known of an image, to be drawn over it: reflections by state, lattices, shadow."""

from __future__ import annotations

import numpy as np
from starlette.requests import Request

from gnomon.errors import InputError
from gnomon.models.experiment import Experiment
from gnomon.models.reflections import Reflections
from gnomon.web.answers import integer
from gnomon.web.workspace import Stage


def table_of(stage: Stage, request: Request) -> Reflections:
    """The table that the address names. Raises InputError."""
    number = integer(request, "table", 0)
    if not 0 <= number < len(stage.tables):
        raise InputError(f"table {number}: there are 0 to {len(stage.tables) - 1}")
    return stage.tables[number].reflections


def rows_of_sweep(stage: Stage, experiment: Experiment, table: Reflections) -> np.ndarray:
    """The rows of the table that belong to the sweep of the experiment: of all its lattices, and of none."""
    if "id" not in table:
        return np.arange(len(table))
    sweeps = [e.sweep for e in stage.experiments]
    same = np.array([sweep == experiment.sweep for sweep in sweeps], bool)
    ids = table["id"]
    found = np.zeros(len(table), bool)
    known = (ids >= 0) & (ids < len(same))
    found[known] = same[ids[known]]
    number = list(dict.fromkeys(sweeps)).index(experiment.sweep)
    of_none = ids < 0
    found |= of_none & (table["imageset_id"] == number) if "imageset_id" in table else of_none & (len(set(sweeps)) == 1)
    return np.flatnonzero(found)
