"""Data sets in each setting as points: coordinates, angles, and how sure each data set's setting is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.kernels.pair_correlation import N_SUMS
from gnomon.maths.embedding import choose_dimensions, cosines, embed
from gnomon.maths.operators import RotationGroup
from gnomon.maths.pairwise import Correlations, correlations
from gnomon.steps.cosym.choice import Choice
from gnomon.steps.cosym.comparison import Comparison
from gnomon.steps.cosym.params import CosymParams

_MOST_POINTS = 2000
_MOST_DIMENSIONS = 12
_ROUNDS = 3


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Points (n c, dim), data set by data set, c settings each, the chosen one first; their correlations (n c, n c).

    ``operators``: (c,) the numbers of the rotations that lead from the chosen setting to each.
    """

    points: np.ndarray
    correlations: Correlations
    operators: np.ndarray
    dimensions_tried: list[tuple[int, float]]

    @property
    def chosen(self) -> np.ndarray:
        """(n, dim) the points of the chosen settings."""
        return self.points[:: len(self.operators)]

    @property
    def agreement(self) -> np.ndarray:
        """(n, c) mean cosine of a data set in each setting with the others in the chosen one; nan where it is alone."""
        c = len(self.operators)
        n = len(self.points) // c
        cos = cosines(self.points).reshape(n, c, n, c)[..., 0]
        cos[np.arange(n), :, np.arange(n)] = 0.0
        return np.asarray(cos.sum(axis=2) / (n - 1) if n > 1 else np.full((1, c), np.nan))

    @property
    def margins(self) -> np.ndarray:
        """(n,) how much better the chosen setting agrees than the best other one; inf where there is none."""
        agreement = self.agreement
        if agreement.shape[1] == 1 or len(agreement) == 1:
            return np.full(len(agreement), np.inf)
        return np.asarray(agreement[:, 0] - agreement[:, 1:].max(axis=1))


def settled(data: Comparison, choice: Choice, params: CosymParams) -> tuple[Choice, Coordinates]:
    """The choice, and the points; data sets whose points lie nearer the others' in another setting take that one.

    Settings were chosen before the Laue group was known; now equivalents count, and weak data sets are surer.
    """
    points = coordinates(data, choice, params)
    for _ in range(_ROUNDS):
        best = np.nan_to_num(points.agreement).argmax(axis=1)
        if not best.any() or len(best) < 3:  # of two, each would go to where the other was
            break
        choice = choice.moved(points.operators[best], data.group)
        points = coordinates(data, choice, params)
    return choice, points


def coordinates(data: Comparison, choice: Choice, params: CosymParams) -> Coordinates:
    """The points of all data sets in all settings that the Laue group leaves to choose from."""
    n = len(data.names)
    operators = settings_left(choice.members, data.group)[: max(1, _MOST_POINTS // n)]
    sums = _sums_of_settings(data, choice, operators)
    found = correlations(sums, params.min_pairs)
    np.fill_diagonal(found.cc, 1.0)
    np.fill_diagonal(found.weight, 0.0)
    weights = found.weight
    if params.weights == "standard_error":
        weights = np.where(weights > 1, 1 / np.maximum(found.sigma, 0.01) ** 2, 0.0)
    dimensions, tried = choose_dimensions(found.cc, weights, params.dimensions or _MOST_DIMENSIONS)
    points = embed(found.cc, weights, params.dimensions or dimensions, params.seed)
    return Coordinates(points, found, operators, tried)


def settings_left(members: np.ndarray, group: RotationGroup) -> np.ndarray:
    """(c,) a rotation a for each set of rotations H a that are alike under the Laue group H, the identity first."""
    return np.unique(group.product[members].min(axis=0))


def _sums_of_settings(data: Comparison, choice: Choice, operators: np.ndarray) -> np.ndarray:
    """(n c, n c, N_SUMS) sums over reflections that are one under the Laue group, in every two settings.

    h_i g_i W a = h_j g_j b for a rotation W of the group and settings a, b.
    """
    product, relation = data.group.product, data.group.relation
    n, c = len(choice.turn), len(operators)
    i, j = np.arange(n)[:, None], np.arange(n)
    found = np.zeros((n, c, n, c, N_SUMS))
    for a, first in enumerate(operators):
        for b, second in enumerate(operators):
            other = product[choice.turn, second]
            for W in choice.members:
                one = product[product[choice.turn, W], first]
                found[:, a, :, b] += data.sums[i, j, relation[one[:, None], other]]
    return found.reshape(n * c, n * c, N_SUMS)
