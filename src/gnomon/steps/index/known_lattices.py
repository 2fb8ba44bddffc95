"""Spots on lattices that are known already: new images of a sweep that was indexed."""

from __future__ import annotations

import numpy as np

from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.valid_images import STRETCH
from gnomon.steps.index.params import IndexParams
from gnomon.steps.index.refinement import assign, cleared
from gnomon.steps.index.task import Indexed, KnownSymmetry, Task


def on_known_lattices(experiments: Experiments, spots: Reflections) -> Reflections:
    """The spots with the indices that the crystals of ``experiments`` give them, as index assigns them.

    spots: strong ones, ``id`` of each that of the experiment on whose images it is; those without index get id -1.
    """
    params, sweep = IndexParams(), np.asarray(spots["id"], np.int32)
    task = Task(experiments, cleared(spots, sweep), sweep, params, KnownSymmetry.of(params))
    table = assign(Indexed(experiments, list(range(len(experiments)))), task)
    return table.without_columns(STRETCH).with_identifiers({i: e.identifier for i, e in enumerate(experiments)})
