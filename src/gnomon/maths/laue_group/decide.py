"""Laue group and space group of observations that share one basis, with the tables that say why."""

from __future__ import annotations

from dataclasses import dataclass, replace

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.bravais import metric_subgroups
from gnomon.maths.crystal.symmetry import space_group, to_asu
from gnomon.maths.intensities.normalised import Observations
from gnomon.maths.intensities.tncs import Tncs, find_tncs, modulation, within_group
from gnomon.maths.laue_group.absences import (
    GroupScore,
    axial_classes,
    candidates,
    choose_group,
    keep_given,
    score_absences,
)
from gnomon.maths.laue_group.given import GivenSetting
from gnomon.maths.laue_group.groups import LaueScore, choose, kept, named_group, score_groups
from gnomon.maths.laue_group.operators import Calibration, OperatorScore, calibrate, score_operators
from gnomon.maths.laue_group.pairs import Merged, merged
from gnomon.maths.laue_group.rescaled import alike_rotations, scales_of_equivalents
from gnomon.maths.laue_group.summary import AbsencesSummary, FoundLaueGroup, FoundSpaceGroup
from gnomon.maths.laue_group.tables import laue_tables
from gnomon.maths.laue_group.twin import LTest, NearSymmetry, l_test, near_symmetries
from gnomon.models.by_experiment import changed_indices


@dataclass(frozen=True)
class Wanted:
    """How symmetry is judged, and what is known beforehand.

    ``given``: the group that the crystals came with, ``given_rotations`` (k, 3, 3) its rotations in the common basis,
    and ``given_change`` (3, 3) from there to how they came; kept where the data tell too little. ``setting``: the cell
    that the result is to have.
    """

    max_delta: float  # degrees
    laue_group: str | None = None
    space_group: str | None = None
    check_absences: bool = True
    small_molecule: bool = False
    seed: int = 42
    given: str | None = None
    given_rotations: np.ndarray | None = None
    given_change: np.ndarray | None = None
    setting: GivenSetting | None = None


@dataclass(frozen=True, eq=False)
class LaueDecision:
    """The Laue group chosen, translational NCS, what intensities nearly have beside, the L test, and the tables."""

    chosen: LaueScore
    tncs: list[Tncs]
    near: list[NearSymmetry]
    l_test: LTest | None
    found: FoundLaueGroup


def common_indices(obs: Observations, changes: list[np.ndarray]) -> np.ndarray:
    """(N, 3) int: each observation's index after its experiment's change of basis."""
    return changed_indices(obs.hkl, obs.experiment, changes)


def decide_laue_group(obs: Observations, hkl: np.ndarray, A: np.ndarray, wanted: Wanted) -> LaueDecision:
    """The Laue group, as asked or as the intensities say, and what else they say.

    hkl: (N, 3) the indices of ``obs`` in the common primitive basis A.
    """
    settings = metric_subgroups(A, wanted.max_delta)
    _, _, operators = _scored(obs, hkl, settings[0].rotations, wanted.seed)
    alike = alike_rotations(settings, operators)
    tncs = find_tncs(hkl, obs.e2, obs.d, A, alike)
    flat = obs.over(modulation(tncs, hkl, obs.d))
    flat = flat.over(scales_of_equivalents(flat, hkl, alike))
    data, calibration, operators = _scored(flat, hkl, settings[0].rotations, wanted.seed)
    test = l_test(data, settings[0].rotations, wanted.seed)
    groups = score_groups(settings, operators, calibration, test)
    chosen, why = _chosen(groups, choose(groups, operators), A, wanted)
    found = laue_tables(groups, operators, (chosen, why), data, calibration)
    near = near_symmetries(operators, chosen.setting.rotations, found.level)
    return LaueDecision(chosen, within_group(tncs, hkl, obs.e2, obs.d, chosen.setting.rotations), near, test, found)


def _scored(
    obs: Observations, hkl: np.ndarray, rotations: np.ndarray, seed: int
) -> tuple[Merged, Calibration, list[OperatorScore]]:
    """The observations merged under -1, how well they may be expected to agree, and how they do under each rotation."""
    data = merged(hkl, obs.e2, obs.e2_sigma, obs.e2_noise)
    each = Merged(hkl, obs.e2, obs.e2_sigma, obs.e2_noise, np.ones(len(hkl)), np.zeros(0), 0)
    calibration = calibrate(data, each, seed)
    return data, calibration, score_operators(data, rotations, calibration)


def without_tncs(obs: Observations, hkl: np.ndarray, found: LaueDecision) -> Observations:
    """The observations with E² over the mean of the classes that translational NCS makes.

    hkl: (N, 3) their indices in the common basis.
    """
    if not found.tncs:
        return obs
    usual = modulation(found.tncs, hkl, obs.d)
    return replace(obs.over(usual), usual=usual)


def _chosen(
    groups: list[LaueScore], found: tuple[LaueScore, str], A: np.ndarray, wanted: Wanted
) -> tuple[LaueScore, str]:
    """The group asked for; the one given where what was found is not sure; else the one found."""
    best, why = found
    asked = wanted.space_group or wanted.laue_group
    if asked:
        fitting = groups
        if wanted.setting is not None:
            fitting = [g for g in groups if wanted.setting.change(A, g.setting.rotations, g.setting.group)] or groups
        chosen = named_group(fitting, asked)
        if chosen.contradicted and best.probability > chosen.probability:
            return chosen, (
                f"as asked; the intensities speak against it (probability {chosen.probability:.3f}; "
                f"{best.setting.group.xhm()} {best.probability:.3f})"
            )
        return chosen, "as asked"
    if wanted.given_rotations is not None:
        return kept(groups, found, wanted.given_rotations)
    return best, why


def decide_space_group(
    obs: Observations, hkl: np.ndarray, name: str, wanted: Wanted
) -> tuple[gemmi.SpaceGroup, FoundSpaceGroup]:
    """The space group chosen within a Laue group, and the tables of absences.

    hkl: (N, 3) the indices of ``obs`` in the conventional setting of ``name``; E² are those without translational NCS.
    """
    lattice = space_group(name)
    if not (wanted.check_absences or wanted.space_group):
        return lattice, FoundSpaceGroup(space_groups=(), axial=(), space_group_reason="absences were not looked at")
    asu, _ = to_asu(hkl, lattice)
    data = merged(asu, obs.e2, obs.e2_sigma, obs.e2_noise)
    groups = _groups_in_question(lattice, wanted)
    usual = None if obs.usual is None else merged(asu, obs.usual, np.ones(len(asu))).e2
    scores = score_absences(data, groups, usual)
    if wanted.space_group:
        chosen, why = scores[0].groups[0], "as asked"
    else:
        chosen, why = keep_given(scores, choose_group(scores, groups), wanted.given)
    return chosen, FoundSpaceGroup(
        space_groups=tuple(_absence_row(s, chosen in s.groups) for s in scores),
        axial=tuple(axial_classes(data, groups)),
        space_group_reason=why,
    )


def _absence_row(s: GroupScore, chosen: bool) -> AbsencesSummary:
    names = tuple(g.xhm() for g in s.groups)
    return AbsencesSummary(names, s.probability, s.n_absent, s.mean_absent, s.mean_present, chosen)


def _groups_in_question(lattice: gemmi.SpaceGroup, wanted: Wanted) -> list[gemmi.SpaceGroup]:
    """The space groups of a Laue group and lattice; of a group asked for, its settings with axes in other order.

    Where the cell was given too, only the very setting. Raises InputError where that group is none of the lattice's.
    """
    if wanted.space_group is None:
        return candidates(lattice, wanted.small_molecule)
    asked = space_group(wanted.space_group)
    fitting = [g for g in candidates(lattice, not asked.is_sohncke()) if g.number == asked.number]
    if not fitting:
        raise InputError(
            f"{wanted.space_group} does not fit the lattice found, {lattice.xhm()}; index in its lattice first"
        )
    exact = [g for g in fitting if g.hall == asked.hall]
    return exact if exact and wanted.setting is not None else fitting
