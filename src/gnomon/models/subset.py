"""Some of the experiments, with their reflections."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections


def subset(experiments: Experiments, reflections: Reflections, kept: Sequence[int]) -> tuple[Experiments, Reflections]:
    """The experiments numbered ``kept``, in that order, and their reflections, numbered anew from 0.

    Reflections of no experiment (id -1) are left out; models that were shared still are.
    """
    number = np.full(len(experiments) + 1, -1)  # the last one is that of id -1
    number[list(kept)] = np.arange(len(kept))
    id_ = number[reflections["id"]]
    chosen = reflections.with_columns({"id": id_}).select(id_ >= 0)
    named = {i: experiments[k].identifier for i, k in enumerate(kept)}
    return experiments.with_items(experiments[k] for k in kept), chosen.with_identifiers(named)
