"""The best split of some data sets in two, by the reflections given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gnomon.steps.correlation_matrix.compared import Compared
from gnomon.steps.correlation_matrix.scores import Scores, scores
from gnomon.steps.correlation_matrix.significance import SMALLEST

_DIRECTIONS = 3
_ITERATIONS = 12


@dataclass(frozen=True, eq=False)
class Split:
    """label (n,): 1 and 0 of the two groups, -1 of data sets that are not in question; and their places."""

    label: np.ndarray
    scores: Scores


def best_split(data: Compared, members: np.ndarray, proposed: Iterable[np.ndarray] = ()) -> Split | None:
    """The split of ``members`` that explains most; None where none can be made.

    From each of the leading directions of what they have beyond their mean, and from labels ``proposed`` (n,), data
    sets change sides until each is nearer to the group it is in: 2-means in the space of reflections. Of what they
    come to, the one with the greatest sum of squares between groups: not with the greatest difference, which is that
    of groups with few reflections in common.
    """
    own = data.of(members)
    found = [refined(own, label, members) for label in [*_directions(own, members), *proposed]]
    return max((s for s in found if s is not None), key=lambda s: s.scores.gain, default=None)


def refined(data: Compared, label: np.ndarray, members: np.ndarray) -> Split | None:
    """The labels after every member has gone to its side; None where a side is left with too few."""
    for _ in range(_ITERATIONS):
        if min((label[members] == side).sum() for side in (0, 1)) < SMALLEST:
            return None
        found = scores(data, label)
        changed = label.copy()
        changed[members] = found.place[members] > 0.5
        if (changed == label).all():
            break
        label = changed
    return Split(label, found)


def _directions(data: Compared, members: np.ndarray) -> list[np.ndarray]:
    """Labels by the sign along the leading eigenvectors of the residuals' products, each in units of its error."""
    from scipy.sparse.linalg import eigsh

    m = len(data.s2)
    total = np.bincount(data.reflection, data.weight, m)
    mean = np.bincount(data.reflection, data.weight * data.value, m) / np.where(total > 0, total, 1)
    place = np.full(data.n, -1)
    place[members] = np.arange(len(members))
    rest = np.zeros((len(members), m), np.float32)
    rest[place[data.owner], data.reflection] = (data.value - mean[data.reflection]) * np.sqrt(data.weight)
    squares = rest**2
    products = (rest @ rest.T / np.sqrt(np.maximum(squares @ squares.T, 1e-12))).astype(float)
    np.fill_diagonal(products, 0.0)
    count = min(_DIRECTIONS, len(members) - 1)
    _, vectors = eigsh(products, k=count, which="LA", v0=np.linspace(1, 2, len(members)))
    labels = []
    for v in vectors.T[::-1]:
        label = np.full(data.n, -1)
        label[members] = v > 0
        labels.append(label)
    return labels
