"""The data sets that can be compared, in one basis, and the pairs of every two for each rotation of the lattice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.bravais import metric_subgroups
from gnomon.maths.data_sets.pairwise import MergedSet, Pairs
from gnomon.maths.intensities.normalised import Observations, informative, observations
from gnomon.maths.laue_group.common_basis import CellTolerance
from gnomon.maths.laue_group.pairs import merged
from gnomon.models.by_experiment import changed_indices, rows_by_experiment
from gnomon.models.experiment import Experiments
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.models.subset import subset
from gnomon.steps.cosym.crystal_form import crystal_form
from gnomon.steps.cosym.operators import RotationGroup, in_orbits
from gnomon.steps.cosym.params import CosymParams
from gnomon.summary import DataSetRemark


@dataclass(frozen=True, eq=False)
class Comparison:
    """Data sets that are kept, their observations, P (3, 3) of each to the common basis A, and their pairs.

    ``excluded``: name and reason of the data sets that are not.
    """

    experiments: Experiments
    reflections: Reflections
    names: list[str]
    every: Observations
    obs: Observations
    d_min: float
    changes: list[np.ndarray]
    A: np.ndarray
    group: RotationGroup
    pairs: Pairs
    excluded: list[DataSetRemark]


def compare(experiments: Experiments, reflections: Reflections, params: CosymParams) -> Comparison:
    """All data sets ready to be compared; those that cannot be are left out, with the reason.

    Raises InputError where none is left.
    """
    names = data_set_names(experiments)
    tolerance = CellTolerance(params.relative_length_tolerance, params.absolute_angle_tolerance)
    form = crystal_form([e.needed_crystal for e in experiments], tolerance, params.exclude_inconsistent_unit_cells)
    group = lattice_group(form.A, params.lattice_symmetry_max_delta)
    excluded = {names[i]: why for i, why in form.excluded.items()}
    kept = list(form.changes)
    while True:
        whole = len(kept) == len(experiments)
        part = (experiments, reflections) if whole else subset(experiments, reflections, kept)
        every = observations("cosym", *part, params.partiality_threshold)
        obs, d_min = informative(every, params.d_min, params.min_i_mean_over_sigma_mean)
        changes = [form.changes[i] for i in kept]
        sets = _merged_sets(obs, changes, group)
        pairs = Pairs.of(sets, group.relation, params.cc_weights or "none")
        bad = _incomparable(pairs, params.min_reflections)
        if not bad:
            left_out = [DataSetRemark(name, excluded[name]) for name in names if name in excluded]
            names = [names[i] for i in kept]
            return Comparison(*part, names, every, obs, d_min, changes, form.A, group, pairs, left_out)
        excluded |= {names[kept[k]]: why for k, why in bad.items()}
        kept = [i for k, i in enumerate(kept) if k not in bad]
        if not kept:
            raise InputError(f"no data set has {params.min_reflections} reflections to compare; lower min_reflections")


def lattice_group(A: np.ndarray, max_delta: float) -> RotationGroup:
    """The rotations of the lattice of A, the identity first."""
    W = metric_subgroups(A, max_delta)[0].rotations
    identity = np.equal(W, np.eye(3, dtype=int)).all(axis=(1, 2))
    return RotationGroup(np.concatenate([W[identity], W[~identity]]))


def _merged_sets(obs: Observations, changes: list[np.ndarray], group: RotationGroup) -> list[MergedSet]:
    hkl = changed_indices(obs.hkl, obs.experiment, changes)
    span = 2 * 3 * int(np.abs(group.rotations).max()) * int(np.abs(hkl).max(initial=1)) + 1
    rows = dict(rows_by_experiment(obs.experiment))
    sets = []
    for i in range(len(changes)):
        mine = rows.get(i, slice(0, 0))
        data = merged(hkl[mine], obs.e2[mine], obs.e2_sigma[mine])
        sets.append(in_orbits(data.hkl, data.e2, data.sigma, group, span))
    return sets


def _incomparable(pairs: Pairs, least: int) -> dict[int, str]:
    """Why data sets have nothing to be compared by."""
    sets, common = pairs.sets, pairs.information()
    few = {i: f"{len(s.key)} usable reflections, {least} needed" for i, s in enumerate(sets) if len(s.key) < least}
    alone = {i: "no reflection in common with any other data set" for i in range(len(sets)) if not common[i]}
    return few if len(sets) == 1 else alone | few
