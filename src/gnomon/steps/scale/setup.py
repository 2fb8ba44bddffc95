"""What does not change from round to round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.merging import Groups
from gnomon.models.experiment import Experiments
from gnomon.steps.scale.components import SweepScale
from gnomon.steps.scale.observations import Observations
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.physical import SweepPlan, build_sweep


@dataclass(frozen=True, eq=False)
class Setup:
    """What does not change: the data, the plan of each sweep, and the observations that determine the scales."""

    experiments: Experiments
    observations: Observations
    s1: np.ndarray  # (N, 3)
    plans: Sequence[SweepPlan]
    chosen: np.ndarray  # (n,) observations
    params: ScaleParams


def choose_observations(groups: Groups, most: int, seed: int) -> np.ndarray:
    """(n,) rows of all groups with two observations or more, or of random ones of them, about ``most`` rows."""
    several = np.flatnonzero(groups.counts > 1)
    order = np.random.default_rng(seed).permutation(several)
    taken = order[: np.searchsorted(np.cumsum(groups.counts[order]), most) + 1]
    inside = np.zeros(len(groups), bool)
    inside[taken] = True
    return np.flatnonzero(inside[groups.label])


def sweeps_at(setup: Setup, rows: np.ndarray) -> list[SweepScale]:
    """The components of every sweep at some observations."""
    which = setup.observations.experiment[rows]
    sweeps = []
    for i, (experiment, plan) in enumerate(zip(setup.experiments, setup.plans)):
        own = rows[which == i]
        built = build_sweep(plan, experiment, setup.observations, own, setup.s1[own])
        sweeps.append(replace(built, rows=np.flatnonzero(which == i)))
    return sweeps
