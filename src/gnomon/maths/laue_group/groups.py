"""The Laue group: subgroups of the lattice's symmetry scored with their operators, and the choice among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.bravais import LatticeSetting
from gnomon.maths.crystal.symmetry import rotations, space_group
from gnomon.maths.laue_group.evidence import Neighbours, group_probabilities, operator_odds
from gnomon.maths.laue_group.operators import Calibration, OperatorScore
from gnomon.maths.laue_group.twin import LTest, largest_fraction

_CLOSE = 0.1
"""Groups less probable than the best by no more than this factor are alternatives where operators are undecided."""
_CONTRADICTED = 0.3
_AS_PERFECT = 0.48
"""Twin fraction beyond which mates differ by less than true equivalents do in good data: the excess is below 0.004."""
_METRIC_TRUST = 1.0  # degrees


@dataclass(frozen=True, eq=False)
class LaueScore:
    """A subgroup of the lattice's symmetry, its probability, and how its operators correlate, and the others.

    ``merging``: the probability by merging alone, without the statistics of neighbours. ``fraction``: the largest twin
    fraction that a rotation of the lattice beside the group's own would be.
    """

    setting: LatticeSetting
    probability: float
    z_in: float
    z_out: float
    cc_in: float
    cc_out: float
    contradicted: bool
    merging: float
    fraction: float

    @property
    def net_z(self) -> float:
        """How much better the group's operators agree than the others."""
        return self.z_in - self.z_out


def _members(setting: LatticeSetting) -> set[bytes]:
    return {np.ascontiguousarray(W, dtype=int).tobytes() for W in setting.rotations}


def _pooled(scores: Sequence[OperatorScore]) -> tuple[float, float]:
    """Mean correlation over error, and mean correlation, of several operators, weighted with their pairs."""
    pairs = np.array([s.found.pairs for s in scores])
    if not pairs.sum():
        return 0.0, 0.0
    mean = pairs @ [[s.z, s.found.cc] for s in scores] / pairs.sum()
    return float(mean[0]), float(mean[1])


def score_groups(
    settings: Sequence[LatticeSetting], scores: Sequence[OperatorScore], calibration: Calibration, test: LTest | None
) -> list[LaueScore]:
    """Every subgroup with its probability, the most probable first.

    Where neighbours say that the crystal is a twin (``test``), a group is less probable that leaves no rotation of the
    lattice to be the twin law.
    """
    fraction = [largest_fraction(scores, s.rotations) for s in settings]
    neighbours = None
    if test is not None:
        twins = np.array([test.density(a) for a in fraction])
        neighbours = Neighbours(test.density(0.0), twins, test.density(0.5))
    merging, probability = group_probabilities([s.rotations for s in settings], scores, calibration, neighbours)
    odds = operator_odds(scores, calibration)
    found = []
    for setting, p, by_merging, a in zip(settings, probability, merging.tolist(), fraction):
        members = _members(setting)
        inside = [s for s in scores if s.W.tobytes() in members]
        outside = [s for s in scores if s.W.tobytes() not in members]
        (z_in, cc_in), (z_out, cc_out) = _pooled(inside), _pooled(outside)
        against = any(s.decides and o < _CONTRADICTED for s, o in zip(scores, odds) if s in inside)
        found.append(LaueScore(setting, float(p), z_in, z_out, cc_in, cc_out, against, by_merging, a))
    return sorted(found, key=lambda f: (-round(f.probability, 4), -f.net_z))


def operator_probabilities(groups: Sequence[LaueScore], scores: Sequence[OperatorScore]) -> list[float]:
    """Of each rotation, that the crystal has it: the sum over the groups that do."""
    members = [(g.probability, _members(g.setting)) for g in groups]
    return [sum(p for p, have in members if s.W.tobytes() in have) for s in scores]


def choose(groups: Sequence[LaueScore], scores: Sequence[OperatorScore]) -> tuple[LaueScore, str]:
    """The Laue group taken, and why.

    The most probable one; that of the intensities where the crystal seems a perfect twin; and where some operators have
    too few pairs to tell, the largest group that no operator speaks against, if the metric has it to within a degree.
    """
    best = groups[0]
    silent = [s for s in scores if not s.decides]
    if silent:
        open_ = [
            g
            for g in groups
            if not g.contradicted and g.setting.misfit <= _METRIC_TRUST and g.probability >= _CLOSE * best.probability
        ]
        largest = max(open_, key=lambda g: (len(g.setting.rotations), g.probability), default=best)
        if len(largest.setting.rotations) > len(best.setting.rotations) or largest is best:
            reason = (
                f"{len(silent)} of {len(scores)} operators have too few equivalent pairs to tell; "
                f"the lattice has them to within {largest.setting.misfit:.2f} degrees and no operator speaks against"
            )
            return largest, reason
    merged = max(groups, key=lambda g: g.merging)
    if merged is not best and best.fraction > _AS_PERFECT and _members(best.setting) < _members(merged.setting):
        return merged, (
            "merging cannot tell a perfect twin from symmetry, and neighbours say twin: the symmetry of the "
            f"intensities is taken, {best.setting.group.xhm()} may be that of the crystal "
            f"(probability {best.probability:.2f})"
        )
    return best, f"the most probable of {len(groups)} subgroups of the lattice's symmetry"


_SURE = 0.5
"""Confidence below which a group found does not replace the one given."""
_TELLING = 20.0
"""How many times more probable it must be than the one given, as for screw axes."""


def kept(groups: Sequence[LaueScore], found: tuple[LaueScore, str], given: np.ndarray) -> tuple[LaueScore, str]:
    """The group given (its rotations, (k, 3, 3)), unless the one found is sure and far more probable; and why."""
    best, why = found
    wanted = {W.tobytes() for W in np.ascontiguousarray(given, dtype=int)}
    own = next((g for g in groups if _members(g.setting) == wanted), None)
    if own is None or own is best:
        return best, why if own is None else f"{why}; it is the one given"
    sure = confidence(groups, best)
    if sure >= _SURE and best.probability > _TELLING * own.probability:
        return best, f"{why}; {own.setting.group.xhm()}, which was given, has a probability of {own.probability:.3f}"
    return own, (
        f"kept as given: intensities tell too little to replace it "
        f"({best.setting.group.xhm()} would have confidence {sure:.2f})"
    )


def confidence(groups: Sequence[LaueScore], chosen: LaueScore) -> float:
    """sqrt(p1 (p1 - p2)) of the chosen group and the most probable other (Evans 2011)."""
    other = max((g.probability for g in groups if g is not chosen), default=0.0)
    return float(np.sqrt(max(chosen.probability * (chosen.probability - other), 0.0)))


def named_group(groups: Sequence[LaueScore], name: str) -> LaueScore:
    """The most probable setting with the point group of ``name`` (a space group, or a Patterson group like P 4/m).

    Raises InputError where the lattice has no such symmetry.
    """
    wanted = space_group(name)
    laue, centring = wanted.laue_str(), wanted.centring_type()
    fitting = [g for g in groups if g.setting.group.laue_str() == laue]
    exact = [g for g in fitting if g.setting.group.centring_type() == centring]
    if not fitting:
        have = ", ".join(dict.fromkeys(g.setting.group.laue_str() for g in groups))
        raise InputError(
            f"the lattice does not have the symmetry {laue} of {name}; it has {have}; index in its lattice"
        )
    order = len(rotations(wanted.operations()))
    return min(exact or fitting, key=lambda g: (len(g.setting.rotations) not in (order, order // 2), -g.probability))
