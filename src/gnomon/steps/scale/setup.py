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
    comparisons: int  # independent ones, among equivalents of any strength


def choose_observations(groups: Groups, most: int, seed: int) -> np.ndarray:
    """(n,) rows of all groups with two observations or more, or of random ones of them, about ``most`` rows."""
    several = np.flatnonzero(groups.counts > 1)
    order = np.random.default_rng(seed).permutation(several)
    taken = order[: np.searchsorted(np.cumsum(groups.counts[order]), most) + 1]
    inside = np.zeros(len(groups), bool)
    inside[taken] = True
    return np.flatnonzero(inside[groups.label])


def build(setup: Setup, i: int, rows: np.ndarray) -> SweepScale:
    """The components of sweep ``i`` at its observations ``rows`` (n,)."""
    return build_sweep(setup.plans[i], setup.experiments[i], setup.observations, rows, setup.s1[rows])


def sweeps_at(setup: Setup, rows: np.ndarray) -> list[SweepScale]:
    """The components of every sweep at some observations; their rows count within ``rows``."""
    which = setup.observations.experiment[rows]
    places = [np.flatnonzero(which == i) for i in range(len(setup.experiments))]
    return [replace(build(setup, i, rows[place]), rows=place) for i, place in enumerate(places)]
