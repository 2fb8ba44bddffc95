"""symmetry: from intensities without symmetry to a space group and its setting."""

from __future__ import annotations

from typing import Any

import gemmi
import numpy as np

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.maths.bravais import metric_subgroups
from gnomon.maths.change_of_basis import change_of_basis_text, reindexed_table
from gnomon.maths.laue_group.absences import GroupScore, axial_classes, candidates, choose_group, score_absences
from gnomon.maths.laue_group.common_basis import CellTolerance, common_basis
from gnomon.maths.laue_group.groups import LaueScore, choose, confidence, named_group, score_groups
from gnomon.maths.laue_group.operators import Calibration, OperatorScore, calibrate, score_operators
from gnomon.maths.laue_group.pairs import merged
from gnomon.maths.laue_group.setting import crystal_in, final_setting, to_reference
from gnomon.maths.normalised import Observations, informative, observations
from gnomon.maths.symmetry import space_group, to_asu
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import InputError, Progress, Result, require_columns, require_crystals
from gnomon.steps.symmetry.params import SymmetryParams


def symmetry(
    experiments: Experiments,
    reflections: Reflections,
    params: SymmetryParams,
    *,
    workers: Workers = SERIAL,
    progress: Progress | None = None,
) -> Result:
    """The data in the setting of their space group: crystals reindexed and constrained, ``miller_index`` changed.

    Laue group from the correlation of would-be equivalents (Evans 2006, 2011), then screw axes from absences.
    Raises InputError for tables without intensities and for cells that are not one crystal form.
    """
    require_crystals("symmetry", experiments)
    require_columns("symmetry", reflections, ("id", "miller_index", "intensity.sum.value"))
    every = observations("symmetry", experiments, reflections, params.partiality_threshold)
    obs, d_min = informative(every, params.d_min, params.min_i_mean_over_sigma_mean)
    tolerance = CellTolerance(params.relative_length_tolerance, params.absolute_angle_tolerance)
    changes, A = common_basis(experiments, obs, tolerance)
    laue, laue_stats = _laue_group(obs, changes, A, params)
    P, name = final_setting(laue.setting, params.best_monoclinic_beta)
    group, absence_stats = _space_group(every, [change @ P for change in changes], name, params)
    turn, symbol = to_reference(group.xhm())
    total = [change @ P @ turn for change in changes]
    crystals = [crystal_in(e.crystal, Q, symbol) for e, Q in zip(experiments, total)]
    items = [e.replace(crystal=crystal) for e, crystal in zip(experiments, crystals)]
    stats = {
        "n_observations": len(every.row),
        "n_used": len(obs.row),
        "d_min": d_min,
        "space_group": symbol,
        "changes": [change_of_basis_text(Q) for Q in total],
        "cells": [[float(x) for x in crystal.cell] for crystal in crystals],
        **laue_stats,
        **absence_stats,
    }
    return Result(experiments.with_items(items), _reindexed(reflections, total), stats)


def _common_indices(obs: Observations, changes: list[np.ndarray]) -> np.ndarray:
    """(N, 3) int: each observation's index after its experiment's change of basis."""
    return np.rint(np.einsum("ni,nij->nj", obs.hkl, np.array(changes)[obs.experiment])).astype(np.int32)


def _laue_group(
    obs: Observations, changes: list[np.ndarray], A: np.ndarray, params: SymmetryParams
) -> tuple[LaueScore, dict[str, Any]]:
    """The Laue group chosen, and the tables of operators and groups."""
    hkl = _common_indices(obs, changes)
    data = merged(hkl, obs.e2, obs.e2_sigma)
    calibration = calibrate(data, (hkl, obs.e2, obs.e2_sigma), params.seed)
    settings = metric_subgroups(A, params.lattice_symmetry_max_delta)
    operators = score_operators(data, settings[0].rotations, calibration)
    groups = score_groups(settings, operators)
    asked = params.space_group or params.laue_group
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


def _space_group(
    obs: Observations, changes: list[np.ndarray], name: str, params: SymmetryParams
) -> tuple[gemmi.SpaceGroup, dict[str, Any]]:
    """The space group chosen within a Laue group, and the tables of absences."""
    lattice = space_group(name)
    if not (params.check_absences or params.space_group):
        return lattice, {"space_groups": [], "axial": [], "space_group_reason": "absences were not looked at"}
    asu, _ = to_asu(_common_indices(obs, changes), lattice)
    data = merged(asu, obs.e2, obs.e2_sigma)
    groups = _groups_in_question(lattice, params)
    scores = score_absences(data.hkl, data.e2, data.sigma, groups)
    chosen, why = (scores[0].groups[0], "as asked") if params.space_group else choose_group(scores, groups)
    return chosen, {
        "space_groups": [_absence_row(s, chosen in s.groups) for s in scores],
        "axial": axial_classes(data.hkl, data.e2, data.sigma, groups),
        "space_group_reason": why,
    }


def _reindexed(reflections: Reflections, changes: list[np.ndarray]) -> Reflections:
    """The table with each experiment's indices changed."""
    for i, P in enumerate(changes):
        rows = (reflections["id"] == i) & reflections["miller_index"].any(axis=1)
        reflections, _ = reindexed_table(reflections, P, rows)
    return reflections


def _calibration_row(c: Calibration) -> dict[str, float]:
    return {name: float(value) for name, value in vars(c).items()}


def _operator_row(s: OperatorScore) -> dict[str, Any]:
    return {
        "operator": gemmi_triplet(s.W),
        "fold": {-1: 2, 0: 3, 1: 4, 2: 6}[int(np.trace(s.W))],
        "cc": s.cc,
        "pairs": s.pairs,
        "z": s.z,
        "probability": s.probability,
        "decides": s.decides,
    }


def gemmi_triplet(W: np.ndarray) -> str:
    """A rotation as coordinates: "-x,-y,z"."""
    op = gemmi.Op()
    op.rot = (np.asarray(W) * gemmi.Op.DEN).tolist()
    return str(op.triplet())


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


def _groups_in_question(lattice: gemmi.SpaceGroup, params: SymmetryParams) -> list[gemmi.SpaceGroup]:
    """The space groups of a Laue group and lattice; of a group asked for, its settings with axes in other order.

    Raises InputError where that group is none of the lattice's.
    """
    if params.space_group is None:
        return candidates(lattice, params.small_molecule)
    asked = space_group(params.space_group)
    fitting = [g for g in candidates(lattice, not asked.is_sohncke()) if g.number == asked.number]
    if not fitting:
        raise InputError(
            f"{params.space_group} does not fit the lattice found, {lattice.xhm()}; index in its lattice first"
        )
    return fitting
