"""The reflections by which two clusters differ most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.steps.correlation_matrix.compared import Compared
from gnomon.steps.correlation_matrix.summary import DifferingReflection

_PRIOR_FREEDOM = 4.0
"""Observations that the scatter of all reflections counts for beside a reflection's own (Smyth 2004,
Stat. Appl. Genet. Mol. Biol. 3, 3): two that agree by chance do not make a mean exact."""
_LEAST_SEEN = 2


@dataclass(frozen=True, eq=False)
class Mean:
    """(M,) mean E² of a cluster, its error by the scatter of the cluster's data sets, and how many have it."""

    value: np.ndarray
    sigma: np.ndarray
    count: np.ndarray


def cluster_mean(data: Compared, members: np.ndarray) -> Mean:
    """The members' weighted mean of each reflection; its sigma is 0 where none has it."""
    own, m = data.of(members), len(data.s2)
    count = np.bincount(own.reflection, minlength=m)
    total = np.bincount(own.reflection, own.weight, m)
    safe = np.where(total > 0, total, 1.0)
    value = np.bincount(own.reflection, own.weight * own.value, m) / safe
    squares = np.bincount(own.reflection, own.weight * (own.value - value[own.reflection]) ** 2, m)
    free = np.maximum(count - 1, 0)
    typical = squares.sum() / max(free.sum(), 1)
    scatter = (squares + _PRIOR_FREEDOM * typical) / (free + _PRIOR_FREEDOM)
    return Mean(value, np.where(count > 0, np.sqrt(scatter / safe), 0.0), count)


def differing(data: Compared, pair: tuple[np.ndarray, np.ndarray]) -> dict[str, np.ndarray]:
    """Of reflections that two members of each cluster have, by falling |z|: row, i_a, sigma_a, i_b, sigma_b, z."""
    a, b = (cluster_mean(data, members) for members in pair)
    rows = np.flatnonzero((a.count >= _LEAST_SEEN) & (b.count >= _LEAST_SEEN))
    z = (a.value - b.value)[rows] / np.hypot(a.sigma, b.sigma)[rows]
    order = np.argsort(-np.abs(z), kind="stable")
    rows = rows[order]
    found = {"row": rows, "z": z[order]}
    for name, mean in (("a", a), ("b", b)):
        found[f"i_{name}"] = (mean.value * data.intensity)[rows]
        found[f"sigma_{name}"] = (mean.sigma * data.intensity)[rows]
    return found


def named(found: dict[str, np.ndarray], data: Compared, pair: tuple[int, int], most: int) -> list[DifferingReflection]:
    """The first ``most`` as records."""
    figures = ("i_a", "sigma_a", "i_b", "sigma_b", "z")
    return [
        DifferingReflection(
            pair=pair,
            hkl=tuple(data.hkl[row].tolist()),
            d=float(data.s2[row] ** -0.5),
            **{name: float(found[name][i]) for name in figures},
        )
        for i, row in enumerate(found["row"][:most])
    ]
