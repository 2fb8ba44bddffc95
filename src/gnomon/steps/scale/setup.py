"""What does not change from round to round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.merging import Groups
from gnomon.models.by_experiment import rows_of_each
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


PER_PARAMETER = 500
"""Observations that a sweep has a share in choosing, for each of its parameters: the scale is then good to 1 %."""


def choose_observations(groups: Groups, experiment: np.ndarray, needs: np.ndarray, most: int, seed: int) -> np.ndarray:
    """(n,) rows of all groups with two observations or more, or of random ones of them.

    About ``most`` rows, and more where experiments (N,) would else have fewer than they need: needs (S,) rows each.
    """
    rank = np.full(len(groups), len(groups))  # of each group in a random order
    several = np.flatnonzero(groups.counts > 1)
    order = np.random.default_rng(seed).permutation(several)
    rank[order] = np.arange(len(order))
    taken = rank < np.searchsorted(np.cumsum(groups.counts[order]), most) + 1
    of_row = rank[groups.label]
    rows = np.lexsort((of_row, experiment))
    rows = rows[of_row[rows] < len(groups)]
    first = np.searchsorted(experiment[rows], np.arange(len(needs)))
    place = np.arange(len(rows)) - first[experiment[rows]]
    taken[groups.label[rows[place < needs[experiment[rows]]]]] = True
    return np.flatnonzero((taken & (groups.counts > 1))[groups.label])


def build(setup: Setup, i: int, rows: np.ndarray) -> SweepScale:
    """The components of sweep ``i`` at its observations ``rows`` (n,)."""
    return build_sweep(setup.plans[i], setup.experiments[i], setup.observations, rows, setup.s1[rows])


def sweeps_at(setup: Setup, rows: np.ndarray) -> list[SweepScale]:
    """The components of every sweep at some observations; their rows count within ``rows``."""
    which = setup.observations.experiment[rows]
    places = rows_of_each(which, len(setup.experiments))
    return [replace(build(setup, i, rows[place]), rows=place) for i, place in enumerate(places)]
