"""cosym: the Laue group of many crystals and one indexing choice for all of them, found together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gemmi
import numpy as np

from gnomon.distribute.blas import one_blas_thread
from gnomon.distribute.workers import SERIAL, Workers
from gnomon.maths.change_of_basis import change_of_basis_text, reindexed_experiments
from gnomon.maths.embedding import cosines
from gnomon.maths.images_that_count import judged_by_intensities
from gnomon.maths.laue_group.common_basis import CellTolerance
from gnomon.maths.laue_group.decide import Wanted, common_indices, decide_space_group, without_tncs
from gnomon.maths.laue_group.given import as_they_came, given_setting
from gnomon.maths.laue_group.setting import crystal_in, final_turn, setting_of
from gnomon.maths.laue_group.tables import findings, rotation_text
from gnomon.maths.symmetry import patterson_symbol, space_group
from gnomon.models.experiment import Experiments
from gnomon.models.reference import Reference
from gnomon.models.reflections import Reflections
from gnomon.step import Progress, Result, require_columns, require_crystals
from gnomon.steps.cosym.absolute import absolute_setting
from gnomon.steps.cosym.choice import Choice, choose_settings
from gnomon.steps.cosym.comparison import Comparison, compare
from gnomon.steps.cosym.coordinates import SURE, Coordinates, settled
from gnomon.steps.cosym.disagreement import agreeing
from gnomon.steps.cosym.params import CosymParams


def cosym(
    experiments: Experiments,
    reflections: Reflections,
    params: CosymParams,
    *,
    workers: Workers = SERIAL,
    progress: Progress | None = None,
) -> Result:
    """All data sets in one setting of their space group: crystals reindexed and constrained, indices changed.

    Data sets with another cell, or nothing in common with the rest, are left out. Correlations of every two data sets
    in every setting (Brehm & Diederichs 2014; Gildea & Winter 2018), the settings that agree best, the Laue group of
    data so put together, then screw axes from absences.
    Raises InputError for tables without intensities, and where no data set can be compared.
    """
    require_crystals("cosym", experiments)
    require_columns("cosym", reflections, ("id", "miller_index"))
    reference = _reference(params)
    experiments, left_out = judged_by_intensities("cosym", experiments, reflections, params.partiality_threshold)
    data = compare(experiments, reflections, params)
    wanted = _wanted(params, reference, data)
    with one_blas_thread():
        choice, points = settled(data, choose_settings(data, wanted, workers), params, workers)
    if reference is None:
        P, symbol, space = _own_setting(data, choice, wanted, params)
    else:
        P, symbol, space = _setting_of(reference, data, choice, wanted)
    total = [change @ P for change in choice.changes(data)]
    crystals = [crystal_in(e.needed_crystal, Q, symbol) for e, Q in zip(data.experiments, total)]
    items = [e.replace(crystal=crystal) for e, crystal in zip(data.experiments, crystals)]
    stats = {
        "n_observations": len(data.every.row),
        "n_used": len(data.obs.row),
        "d_min": data.d_min,
        "names": data.names,
        "excluded": data.excluded,
        "space_group": symbol,
        "changes": [change_of_basis_text(Q) for Q in total],
        "cells": [[float(x) for x in crystal.cell] for crystal in crystals],
        **choice.laue.stats,
        **findings(choice.laue, P),
        "disagreeing": [{"name": data.names[i], "reason": why} for i, why in sorted(choice.strange.items())],
        "laue_group": patterson_symbol(choice.laue.chosen.setting.group),
        **space,
        **_points(points, data),
    }
    stats["reasons"] = [*left_out, *_reasons(stats)]
    return Result(data.experiments.with_items(items), reindexed_experiments(data.reflections, total), stats)


def _reference(params: CosymParams) -> Reference | None:
    if not params.reference:
        return None
    from gnomon.io.reference import read_reference  # readers of all formats, which few runs need

    return read_reference(params.reference, params.d_min)


def _wanted(params: CosymParams, reference: Reference | None, data: Comparison) -> Wanted:
    """What is known of the symmetry: as asked, else that of the reference; and as the crystals came."""
    known = space_group(reference.hall_symbol).xhm() if reference else None
    laue_group = params.laue_group or (None if params.space_group else known)
    tolerance = CellTolerance(params.relative_length_tolerance, params.absolute_angle_tolerance)
    asked = params.unit_cell, params.space_group or params.laue_group
    return Wanted(
        params.lattice_symmetry_max_delta,
        laue_group,
        params.space_group,
        params.check_absences,
        seed=params.seed,
        **as_they_came(data.experiments, data.changes),
        setting=None if reference else given_setting(asked, data.experiments, data.changes, tolerance),
    )


def _own_setting(
    data: Comparison, choice: Choice, wanted: Wanted, params: CosymParams
) -> tuple[np.ndarray, str, dict[str, Any]]:
    """P (3, 3) from the common basis to the final cell, the space group there, and the tables of absences."""
    P, name = setting_of(choice.laue.chosen.setting, data.A, wanted, params.best_monoclinic_beta)
    group, absences = _space_group(data, choice, (P, name), wanted)
    turn, symbol = final_turn(group, wanted)
    return P @ turn, symbol, absences


def _setting_of(
    reference: Reference, data: Comparison, choice: Choice, wanted: Wanted
) -> tuple[np.ndarray, str, dict[str, Any]]:
    """The same in the setting of a reference, and in its space group unless another is asked for."""
    form = data.A, data.group.rotations[choice.members]
    obs = agreeing(data.obs, choice.strange)
    found = absolute_setting(obs, common_indices(obs, choice.changes(data)), form, reference)
    own = replace(wanted, space_group=wanted.space_group or space_group(reference.hall_symbol).xhm())
    group, absences = _space_group(data, choice, (found.P, found.lattice), own)
    if not wanted.space_group:
        absences["space_group_reason"] = "that of the reference"
    return found.P, group.xhm(), {**absences, "reference_cc": found.cc, "reference_next_cc": found.next_cc}


def _space_group(
    data: Comparison, choice: Choice, setting: tuple[np.ndarray, str], wanted: Wanted
) -> tuple[gemmi.SpaceGroup, dict[str, Any]]:
    """The space group in a setting (P from the common basis, and the name of its Laue group), of data that agree."""
    P, name = setting
    every, changes = agreeing(data.every, choice.strange), choice.changes(data)
    flat = without_tncs(every, common_indices(every, changes), choice.laue)
    return decide_space_group(flat, common_indices(every, [change @ P for change in changes]), name, wanted)


def _points(points: Coordinates, data: Comparison) -> dict[str, Any]:
    """What is shown of coordinates and correlations."""
    n, c = len(data.names), len(points.operators)
    return {
        "coordinates": points.chosen,
        "coordinates_all": points.points,
        "coordinates_all_data_set": np.repeat(np.arange(n), c),
        "coordinates_all_operator": np.tile(np.arange(c), n),
        "settings": [rotation_text(data.group.rotations[a]) for a in points.operators],
        "dimensions": points.points.shape[1],
        "dimensions_tried": points.dimensions_tried,
        "cc": points.cc,
        "cosines": cosines(points.chosen),
        "margins": points.margins,
        "embedded_together": points.together,
    }


def _reasons(stats: dict[str, Any]) -> list[str]:
    """What was decided, and why."""
    n = len(stats["names"])
    reasons = [f"{row['name']} is left out: {row['reason']}" for row in stats["excluded"]]
    reasons += [f"{row['name']} has no say in symmetry: {row['reason']}" for row in stats["disagreeing"]]
    if n == 1:
        reasons.append("one data set: judged by its own equivalents, as symmetry does; there is no setting to choose")
    reasons += [
        f"Laue group {stats['laue_group']}: {stats['laue_reason']}",
        f"space group {stats['space_group']}: {stats['space_group_reason']}",
        *stats["notes"],
    ]
    if "reference_cc" in stats:
        reasons.append(
            f"setting of the reference: correlation {stats['reference_cc']:.2f}, "
            f"with the next best {stats['reference_next_cc']:.2f}"
        )
    settings = len(stats["settings"])
    if settings > 1 and n > 1:
        moved = n - max(np.unique(stats["changes"], return_counts=True)[1])
        reasons.append(f"{settings} settings that the lattice cannot tell apart; {moved} of {n} data sets reindexed")
        if stats["embedded_together"] < n:
            reasons.append(
                f"coordinates: the {stats['embedded_together']} data sets that share most are embedded together, the "
                "others put beside them"
            )
        doubtful = [name for name, margin in zip(stats["names"], stats["margins"]) if margin < SURE]
        if doubtful:
            reasons.append(f"the setting is in doubt for {', '.join(doubtful)}: another agrees about as well")
    return reasons
