"""symmetry: from intensities without symmetry to a space group and its setting."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.maths.crystal.change_of_basis import change_of_basis_text, reindexed_experiments
from gnomon.maths.images.images_that_count import judged_by_intensities
from gnomon.maths.images.left_out import with_images
from gnomon.maths.intensities.normalised import informative, observations
from gnomon.maths.laue_group.common_basis import CellTolerance, common_basis
from gnomon.maths.laue_group.decide import (
    Wanted,
    common_indices,
    decide_laue_group,
    decide_space_group,
    without_tncs,
)
from gnomon.maths.laue_group.given import as_they_came, given_setting
from gnomon.maths.laue_group.setting import crystal_in, final_turn, setting_of
from gnomon.maths.laue_group.tables import findings
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_columns, require_crystals, require_intensities
from gnomon.steps.symmetry.params import SymmetryParams
from gnomon.steps.symmetry.summary import SymmetrySummary
from gnomon.summary import Decision, fields_of


def symmetry(
    experiments: Experiments,
    reflections: Reflections,
    params: SymmetryParams,
) -> Result[SymmetrySummary]:
    """The data in the setting of their space group: crystals reindexed and constrained, ``miller_index`` changed.

    Laue group from the correlation of would-be equivalents (Evans 2006, 2011), then screw axes from absences.
    Raises InputError for tables without intensities and for cells that are not one crystal form.
    """
    require_crystals("symmetry", experiments)
    require_columns("symmetry", reflections, ("id", "miller_index"))
    require_intensities("symmetry", reflections)
    experiments = with_images(experiments, params.exclude_images)
    experiments, left_out = judged_by_intensities("symmetry", experiments, reflections, params.partiality_threshold)
    every = observations("symmetry", experiments, reflections, params.partiality_threshold)
    obs, d_min = informative(every, params.d_min, params.min_i_mean_over_sigma_mean)
    tolerance = CellTolerance(params.relative_length_tolerance, params.absolute_angle_tolerance)
    changes, A = common_basis(experiments, obs, tolerance)
    wanted = _wanted(params, experiments, changes)
    laue = decide_laue_group(obs, common_indices(obs, changes), A, wanted)
    P, name = setting_of(laue.chosen.setting, A, wanted, params.best_monoclinic_beta)
    flat = without_tncs(every, common_indices(every, changes), laue)
    group, absences = decide_space_group(flat, common_indices(every, [change @ P for change in changes]), name, wanted)
    turn, symbol = final_turn(group, wanted)
    total = [change @ P @ turn for change in changes]
    crystals = [crystal_in(e.needed_crystal, Q, symbol) for e, Q in zip(experiments, total)]
    items = [e.replace(crystal=crystal) for e, crystal in zip(experiments, crystals)]
    summary = SymmetrySummary(
        n_observations=len(every.row),
        n_used=len(obs.row),
        left_out=tuple(left_out),
        d_min=float(d_min),
        space_group=symbol,
        changes=tuple(change_of_basis_text(Q) for Q in total),
        cells=tuple(tuple(crystal.cell.tolist()) for crystal in crystals),
        **fields_of(laue.found, findings(laue, P @ turn), absences),
    )
    summary = replace(summary, decisions=_decisions(summary))
    return Result(experiments.with_items(items), reindexed_experiments(reflections, total), summary)


def _decisions(found: SymmetrySummary) -> tuple[Decision, ...]:
    """Images left out, the groups, and what the intensities nearly have."""
    laue = {"confidence": found.laue_confidence, "probability": found.chosen_group.probability}
    space = {} if found.chosen_absences is None else {"probability": found.chosen_absences.probability}
    return (
        *map(Decision, found.left_out),
        Decision(f"Laue group of {found.laue_group}", found.laue_reason, laue, "laue_group", ": "),
        Decision(f"space group {found.space_group}", found.space_group_reason, space, "space_group", ": "),
        *map(Decision, found.notes),
    )


def _wanted(params: SymmetryParams, experiments: Experiments, changes: list[np.ndarray]) -> Wanted:
    """What is known of the symmetry: as asked, and as the crystals came."""
    tolerance = CellTolerance(params.relative_length_tolerance, params.absolute_angle_tolerance)
    asked = params.space_group or params.laue_group
    return Wanted(
        params.lattice_symmetry_max_delta,
        params.laue_group,
        params.space_group,
        params.check_absences,
        params.small_molecule,
        params.seed,
        **as_they_came(experiments, changes),
        setting=given_setting((params.unit_cell, asked), experiments, changes, tolerance),
    )
