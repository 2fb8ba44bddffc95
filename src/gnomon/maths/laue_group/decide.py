"""Laue group and space group of observations that share one basis, with the tables that say why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.maths.bravais import metric_subgroups
from gnomon.maths.by_experiment import changed_indices
from gnomon.maths.change_of_basis import change_of_basis_text
from gnomon.maths.laue_group.absences import GroupScore, axial_classes, candidates, choose_group, score_absences
from gnomon.maths.laue_group.groups import LaueScore, choose, confidence, named_group, score_groups
from gnomon.maths.laue_group.operators import Calibration, OperatorScore, calibrate, score_operators
from gnomon.maths.laue_group.pairs import merged
from gnomon.maths.normalised import Observations
from gnomon.maths.symmetry import space_group, to_asu


@dataclass(frozen=True)
class Wanted:
    """How symmetry is judged, and what is known beforehand."""

    max_delta: float  # degrees
    laue_group: str | None = None
    space_group: str | None = None
    check_absences: bool = True
    small_molecule: bool = False
    seed: int = 42


def common_indices(obs: Observations, changes: list[np.ndarray]) -> np.ndarray:
    """(N, 3) int: each observation's index after its experiment's change of basis."""
    return changed_indices(obs.hkl, obs.experiment, changes)


def decide_laue_group(
    obs: Observations, hkl: np.ndarray, A: np.ndarray, wanted: Wanted
) -> tuple[LaueScore, dict[str, Any]]:
    """The Laue group chosen, and the tables of operators and groups.

    hkl: (N, 3) the indices of ``obs`` in the common primitive basis A.
    """
    data = merged(hkl, obs.e2, obs.e2_sigma)
    calibration = calibrate(data, (hkl, obs.e2, obs.e2_sigma), wanted.seed)
    settings = metric_subgroups(A, wanted.max_delta)
    operators = score_operators(data, settings[0].rotations, calibration)
    groups = score_groups(settings, operators)
    asked = wanted.space_group or wanted.laue_group
    if asked:
        chosen, why = named_group(groups, asked), "as asked"
    else:
        chosen, why = choose(groups, operators)
    return chosen, {
        "calibration": _calibration_row(calibration),
        "operators": [_operator_row(s) for s in operators],
        "groups": [_group_row(g, g is chosen) for g in groups],
        "laue_group": chosen.setting.group.xhm(),
        "laue_reason": why,
        "laue_confidence": confidence(groups, chosen),
    }


def decide_space_group(
    obs: Observations, hkl: np.ndarray, name: str, wanted: Wanted
) -> tuple[gemmi.SpaceGroup, dict[str, Any]]:
    """The space group chosen within a Laue group, and the tables of absences.

    hkl: (N, 3) the indices of ``obs`` in the conventional setting of ``name``.
    """
    lattice = space_group(name)
    if not (wanted.check_absences or wanted.space_group):
        return lattice, {"space_groups": [], "axial": [], "space_group_reason": "absences were not looked at"}
    asu, _ = to_asu(hkl, lattice)
    data = merged(asu, obs.e2, obs.e2_sigma)
    groups = _groups_in_question(lattice, wanted)
    scores = score_absences(data.hkl, data.e2, data.sigma, groups)
    chosen, why = (scores[0].groups[0], "as asked") if wanted.space_group else choose_group(scores, groups)
    return chosen, {
        "space_groups": [_absence_row(s, chosen in s.groups) for s in scores],
        "axial": axial_classes(data.hkl, data.e2, data.sigma, groups),
        "space_group_reason": why,
    }


def rotation_text(W: np.ndarray) -> str:
    """A rotation as coordinates: "-x,-y,z"."""
    op = gemmi.Op()
    op.rot = (np.asarray(W) * gemmi.Op.DEN).tolist()
    return str(op.triplet())


def _calibration_row(c: Calibration) -> dict[str, float]:
    return {name: float(value) for name, value in vars(c).items()}


def _operator_row(s: OperatorScore) -> dict[str, Any]:
    return {
        "operator": rotation_text(s.W),
        "fold": {-1: 2, 0: 3, 1: 4, 2: 6}[int(np.trace(s.W))],
        "cc": s.cc,
        "pairs": s.pairs,
        "z": s.z,
        "probability": s.probability,
        "decides": s.decides,
    }


def _group_row(g: LaueScore, chosen: bool) -> dict[str, Any]:
    return {
        "group": g.setting.group.xhm(),
        "lattice": g.setting.bravais_type,
        "probability": g.probability,
        "net_z": g.net_z,
        "z_in": g.z_in,
        "z_out": g.z_out,
        "cc_in": g.cc_in,
        "cc_out": g.cc_out,
        "delta": g.setting.misfit,
        "change": change_of_basis_text(g.setting.P),
        "chosen": chosen,
    }


def _absence_row(s: GroupScore, chosen: bool) -> dict[str, Any]:
    return {
        "groups": [g.xhm() for g in s.groups],
        "probability": s.probability,
        "n_absent": s.n_absent,
        "mean_absent": s.mean_absent,
        "mean_present": s.mean_present,
        "chosen": chosen,
    }


def _groups_in_question(lattice: gemmi.SpaceGroup, wanted: Wanted) -> list[gemmi.SpaceGroup]:
    """The space groups of a Laue group and lattice; of a group asked for, its settings with axes in other order.

    Raises InputError where that group is none of the lattice's.
    """
    if wanted.space_group is None:
        return candidates(lattice, wanted.small_molecule)
    asked = space_group(wanted.space_group)
    fitting = [g for g in candidates(lattice, not asked.is_sohncke()) if g.number == asked.number]
    if not fitting:
        raise InputError(
            f"{wanted.space_group} does not fit the lattice found, {lattice.xhm()}; index in its lattice first"
        )
    return fitting
