"""The Laue group of data sets brought to one setting, and which setting all of them end in."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.distribute.executor import INLINE, Executor
from gnomon.maths.crystal.bravais import LatticeSetting
from gnomon.maths.laue_group.decide import LaueDecision, Wanted, common_indices, decide_laue_group
from gnomon.steps.cosym.comparison import Comparison
from gnomon.steps.cosym.disagreement import agreeing, disagreeing
from gnomon.steps.cosym.operators import RotationGroup
from gnomon.steps.cosym.settings import settings_of


@dataclass(frozen=True, eq=False)
class Choice:
    """The number of each data set's rotation, and the Laue group of the data so turned.

    ``members``: the numbers of the group's rotations; the data are alike under them. ``strange``: data sets unlike the
    others, and why; they have no say.
    """

    turn: np.ndarray  # (n,)
    laue: LaueDecision
    members: np.ndarray
    strange: dict[int, str]

    def changes(self, data: Comparison) -> list[np.ndarray]:
        """P (3, 3) of each data set to the common basis, in the setting of all."""
        return turned(data, self.turn)

    def moved(self, operators: np.ndarray, group: RotationGroup) -> Choice:
        """The choice with the setting of each data set changed by a rotation, by number (n,)."""
        turn = group.product[self.turn, operators]
        return replace(self, turn=_representatives(turn, self.members, group))


def turned(data: Comparison, turn: np.ndarray) -> list[np.ndarray]:
    """P (3, 3) of each data set to the common basis and then by its rotation."""
    return [P @ data.group.rotations[g] for P, g in zip(data.changes, turn)]


def choose_settings(data: Comparison, wanted: Wanted, executor: Executor = INLINE) -> Choice:
    """One setting for all data sets, that in which most of them are already, and the Laue group in it."""
    turn = settings_of(data.pairs, data.group, executor)
    strange = disagreeing(data, turn, executor)
    laue = _judged(data, turn, strange, wanted)
    members = numbers_of(laue.chosen.setting, data.group)
    most = _most_common(turn, members, data.group)
    product, inverse = data.group.product, data.group.inverse
    back = inverse[most]
    turn = product[turn, back]
    moved = np.sort(product[product[most, members], back])
    if not np.array_equal(moved, members):  # the same group about other axes
        laue = _judged(data, turn, strange, wanted)
        members = numbers_of(laue.chosen.setting, data.group)
    return Choice(_representatives(turn, members, data.group), laue, members, strange)


def numbers_of(setting: LatticeSetting, group: RotationGroup) -> np.ndarray:
    """The numbers, sorted, of the rotations of a subgroup."""
    same = (setting.rotations[:, None] == group.rotations[None]).all(axis=(2, 3))
    return np.sort(same.argmax(axis=1))


def _judged(data: Comparison, turn: np.ndarray, strange: dict[int, str], wanted: Wanted) -> LaueDecision:
    """The Laue group of the data sets that agree."""
    obs = agreeing(data.obs, strange)
    return decide_laue_group(obs, common_indices(obs, turned(data, turn)), data.A, wanted)


def _representatives(turn: np.ndarray, members: np.ndarray, group: RotationGroup) -> np.ndarray:
    """Of the rotations g W, W in the group, that are alike for each data set, the one of lowest number."""
    return np.asarray(group.product[turn[:, None], members].min(axis=1))


def _most_common(turn: np.ndarray, members: np.ndarray, group: RotationGroup) -> int:
    """The rotation that most data sets need, of alike ones the lowest."""
    found, counts = np.unique(_representatives(turn, members, group), return_counts=True)
    return int(found[counts.argmax()])
