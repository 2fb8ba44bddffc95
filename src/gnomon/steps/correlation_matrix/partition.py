"""Clusters from the top down: split in two while both tests say that there are two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.steps.correlation_matrix.compared import Compared
from gnomon.steps.correlation_matrix.significance import SMALLEST, combined, p_gap, p_real
from gnomon.steps.correlation_matrix.split import Split, best_split, refined


@dataclass(frozen=True, eq=False)
class JudgedSplit:
    """A split of data sets into ``a`` and ``b``, how sure it is, and the level that it has to reach."""

    a: np.ndarray
    b: np.ndarray
    p_real: float
    p_gap: float
    level: float
    shared: int  # reflections of which two data sets of each group tell

    @property
    def p(self) -> float:
        """Of the two tests the greater: both must be passed (Berger 1982, Technometrics 24, 295)."""
        return max(self.p_real, self.p_gap)

    @property
    def significant(self) -> bool:
        """Whether the split is believed."""
        return self.p < self.level


@dataclass(frozen=True)
class Rules:
    """How splits are tested: risk for the whole tree, halvings, seed."""

    risk: float
    halvings: int
    seed: int


def partition(data: Compared, members: np.ndarray, rules: Rules) -> tuple[list[np.ndarray], list[JudgedSplit]]:
    """The clusters, the greatest first, and all splits that were tested, from the top.

    A split of n of the N members must reach risk (n - 1)/(N - 1), which keeps the risk of any false one in the whole
    tree below ``risk`` (Kimes et al. 2017, Biometrics 73, 811). Of no members there is no cluster.
    """
    queue, clusters, tested = [members] if len(members) else [], [], []
    while queue:
        now = queue.pop(0)
        level = rules.risk * (len(now) - 1) / max(len(members) - 1, 1)
        found = tested_split(data, now, rules, level)
        if found is not None:
            tested.append(found)
        if found is not None and found.significant:
            queue += [found.a, found.b]
        else:
            clusters.append(now)
    return sorted(clusters, key=lambda c: (-len(c), c[0])), tested


def tested_split(data: Compared, members: np.ndarray, rules: Rules, level: float) -> JudgedSplit | None:
    """The best split of the members by all reflections, with p-values from splits of halves tested on the other.

    None where there are too few to split.
    """
    whole = best_split(data, members) if len(members) >= 2 * SMALLEST else None
    if whole is None:
        return None
    own = data.of(members)
    rng = np.random.default_rng([rules.seed, len(members), int(members[0])])
    real, gap = [], []
    for _ in range(rules.halvings):
        half = rng.integers(0, 2, len(data.s2))[own.reflection]
        for side in (0, 1):
            p = _held_out(own.select(half == side), own.select(half != side), members, rng)
            real.append(p[0])
            gap.append(p[1])
    label = _at_the_gap(own, whole, members, rng)
    groups = sorted((members[label[members] == side] for side in (0, 1)), key=lambda g: (-len(g), g[0]))
    return JudgedSplit(groups[0], groups[1], combined(real), combined(gap), level, _shared(own, label))


def _held_out(seen: Compared, unseen: Compared, members: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Both p-values on ``unseen`` of the best split by ``seen``."""
    from gnomon.steps.correlation_matrix.scores import scores

    found = best_split(seen, members)
    if found is None:
        return 1.0, 1.0
    return p_real(unseen, found.label), p_gap(scores(unseen, found.label), members, rng)[0]


def _at_the_gap(data: Compared, split: Split, members: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The labels of the split when it cuts where the gap is."""
    _, cut = p_gap(split.scores, members, rng)
    label = split.label.copy()
    label[members] = split.scores.place[members] > cut
    again = refined(data, label, members)
    return label if again is None else again.label


def _shared(data: Compared, label: np.ndarray) -> int:
    """Reflections of which at least two data sets of each group tell."""
    seen = [np.bincount(data.reflection[(label == g)[data.owner]], minlength=len(data.s2)) > 1 for g in (0, 1)]
    return int((seen[0] & seen[1]).sum())
