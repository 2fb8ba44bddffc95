"""Data sets in each setting as points: coordinates, angles, and how sure each data set's setting is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.distribute.executor import INLINE, Executor
from gnomon.kernels.pair_correlation import N_SUMS, sums_of_related
from gnomon.maths.data_sets.embedding import DimensionTrial, choose_dimensions, cosines, embed, placed
from gnomon.maths.data_sets.pairwise import Correlations, Pairs, correlations
from gnomon.steps.cosym.choice import Choice
from gnomon.steps.cosym.comparison import Comparison
from gnomon.steps.cosym.operators import RotationGroup
from gnomon.steps.cosym.params import CosymParams

_MOST_POINTS = 1000
"""That are embedded together, which takes seconds; cost grows with the square."""
_LEAST_TOGETHER = 80
"""Data sets that are embedded together, however many settings each has."""
_MOST_DIMENSIONS = 12
SURE = 0.1
"""How much better a setting must agree with the others (mean cosine) than another to be sure."""
_ROUNDS = 3


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Points (n c, dim), data set by data set, c settings each, the chosen one first; cc (n, n) of chosen settings.

    ``operators``: (c,) the numbers of the rotations that lead from the chosen setting to each. ``together``: the data
    sets that were embedded together; the others were put beside them.
    """

    points: np.ndarray
    cc: np.ndarray
    operators: np.ndarray
    dimensions_tried: list[DimensionTrial]
    together: int

    @property
    def chosen(self) -> np.ndarray:
        """(n, dim) the points of the chosen settings."""
        return self.points[:: len(self.operators)]

    @property
    def agreement(self) -> np.ndarray:
        """(n, c) mean cosine of a data set in each setting with the others in the chosen one; nan where it is alone."""
        c = len(self.operators)
        n = len(self.points) // c
        found = np.full((n, c), np.nan)
        for a in range(c if n > 1 else 0):
            cos = cosines(self.points[a::c], self.chosen)
            np.fill_diagonal(cos, 0.0)
            found[:, a] = cos.sum(axis=1) / (n - 1)
        return found

    @property
    def margins(self) -> np.ndarray:
        """(n,) how much better the chosen setting agrees than the best other one; inf where there is none."""
        agreement = self.agreement
        if agreement.shape[1] == 1 or len(agreement) == 1:
            return np.full(len(agreement), np.inf)
        return np.asarray(agreement[:, 0] - agreement[:, 1:].max(axis=1))


def settled(
    data: Comparison, choice: Choice, params: CosymParams, executor: Executor = INLINE
) -> tuple[Choice, Coordinates]:
    """The choice, and the points; data sets whose points clearly lie nearer the others' in another setting take that.

    Settings were chosen before the Laue group was known; now equivalents count, and weak data sets are surer. Of
    settings that pseudo-symmetry makes nearly alike, points do not tell: differences have chosen these.
    """
    points = coordinates(data, choice, params, executor)
    for _ in range(_ROUNDS):
        agreement = np.nan_to_num(points.agreement)
        best = np.where(agreement.max(axis=1) > agreement[:, 0] + SURE, agreement.argmax(axis=1), 0)
        if not best.any() or len(best) < 3:  # of two, each would go to where the other was
            break
        choice = choice.moved(points.operators[best], data.group)
        points = coordinates(data, choice, params, executor)
    return choice, points


def coordinates(data: Comparison, choice: Choice, params: CosymParams, executor: Executor = INLINE) -> Coordinates:
    """The points of all data sets in all settings that the Laue group leaves to choose from."""
    operators = settings_left(choice.members, data.group)
    order, k = _order(data.pairs, len(operators))
    related = _Related(data.pairs.reordered(order), choice.turn[order], choice.members, operators, data.group)
    found = related.together(k, params.min_pairs, executor)
    weights = _weights(found, params)
    dimensions, tried = choose_dimensions(found.cc, weights, params.dimensions or _MOST_DIMENSIONS)
    points = embed(found.cc, weights, params.dimensions or dimensions, params.seed)
    points, cc = _with_others(related, (points, found), params, executor)
    back = np.argsort(order)
    points = points.reshape(len(order), len(operators), -1)[back].reshape(len(points), -1)
    return Coordinates(points, cc[np.ix_(back, back)], operators, tried, k)


def _order(pairs: Pairs, settings: int) -> tuple[np.ndarray, int]:
    """The data sets (n,), first those that are embedded together, and how many these are: the best known."""
    n = len(pairs)
    k = min(n, max(_MOST_POINTS // settings, _LEAST_TOGETHER))
    best = np.argsort(-pairs.information(), kind="stable")
    return np.concatenate([np.sort(best[:k]), np.sort(best[k:])]), k


def _weights(found: Correlations, params: CosymParams) -> np.ndarray:
    if params.weights == "standard_error":
        return np.where(found.weight > 1, 1 / np.maximum(found.sigma, 0.01) ** 2, 0.0)
    return found.weight


def _with_others(
    related: _Related, together: tuple[np.ndarray, Correlations], params: CosymParams, executor: Executor
) -> tuple[np.ndarray, np.ndarray]:
    """(n c, dim) points of all data sets, those of the first given with their correlations; cc (n, n) as chosen."""
    n, c = len(related.turn), len(related.operators)
    points, found = np.zeros((n * c, together[0].shape[1])), Correlations.empty((n, n))
    k = len(together[0]) // c
    points[: k * c] = together[0]
    found.cc[:k, :k] = together[1].cc[::c, ::c]
    parts = related.pairs.each(_Beside(related, together[0], k, params), range(k, n), executor)
    for i, (own, mine, others) in enumerate(parts, k):
        points[i * c : (i + 1) * c] = own
        found.cc[i, :i], found.cc[:i, i] = mine, others
    return points, found.of_themselves().cc


@dataclass(frozen=True, eq=False)
class _Beside:
    """The points (c, dim) of data set i beside ``points`` of the first k; cc (i,) with those before it, and theirs."""

    related: _Related
    points: np.ndarray
    k: int
    params: CosymParams

    def __call__(self, i: int, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        c, least = len(self.related.operators), self.params.min_pairs
        beside = correlations(self.related.direct(i, sums[: self.k]).reshape(c, self.k * c, N_SUMS), least)
        mine = correlations(self.related.direct(i, sums[:i], 1)[0, :, 0], least)
        others = correlations(self.related.mirrored(i, sums[:i], 1)[:, 0, 0], least)
        return placed(beside.cc, _weights(beside, self.params), self.points), mine.cc, others.cc


def settings_left(members: np.ndarray, group: RotationGroup) -> np.ndarray:
    """(c,) a rotation a for each set of rotations H a that are alike under the Laue group H, the identity first."""
    return np.unique(group.product[members].min(axis=0))


@dataclass(frozen=True, eq=False)
class _Related:
    """Sums over reflections that are one under the Laue group in settings a, b: h_i g_i W a = h_j g_j b for a W."""

    pairs: Pairs
    turn: np.ndarray  # (n,) g
    members: np.ndarray  # the numbers of W
    operators: np.ndarray  # (c,) those of a, b
    group: RotationGroup

    def together(self, k: int, min_pairs: int, executor: Executor) -> Correlations:
        """(k c, k c) of the first k data sets in all settings."""
        c = len(self.operators)
        found = Correlations.empty((k * c, k * c))
        for i, (own, others) in enumerate(self.pairs.each(_InAllSettings(self, min_pairs), range(k), executor)):
            mine = slice(i * c, (i + 1) * c)
            found.put((mine, slice((i + 1) * c)), own)
            found.put((slice(i * c), mine), others)
        return found.of_themselves()

    def direct(self, i: int, sums: np.ndarray, settings: int | None = None) -> np.ndarray:
        """(c, J, c, N_SUMS) of data set i in each setting a with the first J in each b; sums: (J, m, N_SUMS).

        settings: how many; all where it is None.
        """
        one, other = self._turned(np.array([i]), settings), self._turned(np.arange(len(sums)), settings)
        which = self.group.relation[one[:, :, None, :], other[:, None, :, :1]]
        return self._summed(sums, which).transpose(1, 0, 2, 3)

    def mirrored(self, i: int, sums: np.ndarray, settings: int | None = None) -> np.ndarray:
        """(J, c, c, N_SUMS) of the first J data sets in each setting a with i in each b."""
        one, other = self._turned(np.arange(len(sums)), settings), self._turned(np.array([i]), settings)
        which = self.group.relation[one[:, :, None, :], other[:, None, :, :1]]
        return self._summed(self.pairs.mirrored(sums), which)

    def _turned(self, i: np.ndarray, settings: int | None) -> np.ndarray:
        """(J, c, members) numbers of g_i W a; the identity is the first W."""
        product = self.group.product
        return np.asarray(
            product[product[self.turn[i][:, None], self.members][:, None], self.operators[:settings, None]]
        )

    @staticmethod
    def _summed(sums: np.ndarray, which: np.ndarray) -> np.ndarray:
        """(J, c, c, N_SUMS) sums over the rotations ``which`` (J, c, c, members)."""
        J, a, b, members = which.shape
        out = np.zeros((J, a * b, N_SUMS))
        sums_of_related(np.ascontiguousarray(sums), np.ascontiguousarray(which).reshape(J, a * b, members), out)
        return out.reshape(J, a, b, N_SUMS)


@dataclass(frozen=True, eq=False)
class _InAllSettings:
    """Correlations (c, (i + 1) c) of data set i with those up to itself in all settings; (i c, c) of others with it."""

    related: _Related
    min_pairs: int

    def __call__(self, i: int, sums: np.ndarray) -> tuple[Correlations, Correlations]:
        c = len(self.related.operators)
        mine, others = self.related.direct(i, sums), self.related.mirrored(i, sums[:i])
        return (
            correlations(mine.reshape(c, -1, N_SUMS), self.min_pairs),
            correlations(others.reshape(-1, c, N_SUMS), self.min_pairs),
        )
