"""symmetry: from intensities without symmetry to a space group and its setting."""

from __future__ import annotations

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.maths.change_of_basis import change_of_basis_text, reindexed_experiments
from gnomon.maths.images_that_count import judged_by_intensities
from gnomon.maths.laue_group.common_basis import CellTolerance, common_basis
from gnomon.maths.laue_group.decide import Wanted, common_indices, decide_laue_group, decide_space_group
from gnomon.maths.laue_group.setting import crystal_in, final_setting, to_reference
from gnomon.maths.normalised import informative, observations
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import Progress, Result, require_columns, require_crystals, require_intensities
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
    require_columns("symmetry", reflections, ("id", "miller_index"))
    require_intensities("symmetry", reflections)
    experiments, left_out = judged_by_intensities("symmetry", experiments, reflections, params.partiality_threshold)
    every = observations("symmetry", experiments, reflections, params.partiality_threshold)
    obs, d_min = informative(every, params.d_min, params.min_i_mean_over_sigma_mean)
    tolerance = CellTolerance(params.relative_length_tolerance, params.absolute_angle_tolerance)
    changes, A = common_basis(experiments, obs, tolerance)
    wanted = Wanted(
        params.lattice_symmetry_max_delta,
        params.laue_group,
        params.space_group,
        params.check_absences,
        params.small_molecule,
        params.seed,
    )
    laue, laue_stats = decide_laue_group(obs, common_indices(obs, changes), A, wanted)
    P, name = final_setting(laue.setting, params.best_monoclinic_beta)
    indices = common_indices(every, [change @ P for change in changes])
    group, absence_stats = decide_space_group(every, indices, name, wanted)
    turn, symbol = to_reference(group.xhm())
    total = [change @ P @ turn for change in changes]
    crystals = [crystal_in(e.needed_crystal, Q, symbol) for e, Q in zip(experiments, total)]
    items = [e.replace(crystal=crystal) for e, crystal in zip(experiments, crystals)]
    stats = {
        "n_observations": len(every.row),
        "n_used": len(obs.row),
        "left_out": left_out,
        "d_min": d_min,
        "space_group": symbol,
        "changes": [change_of_basis_text(Q) for Q in total],
        "cells": [[float(x) for x in crystal.cell] for crystal in crystals],
        **laue_stats,
        **absence_stats,
    }
    return Result(experiments.with_items(items), reindexed_experiments(reflections, total), stats)
