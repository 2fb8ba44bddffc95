"""What a cluster amounts to: completeness, multiplicity, cell."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.symmetry import Group
from gnomon.maths.data_sets.data_set import median_cell
from gnomon.maths.intensities.merging import group_equivalents
from gnomon.maths.intensities.normalised import Observations
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.experiment import Experiments
from gnomon.steps.correlation_matrix.summary import ClusterFigures


def cluster_figures(members: np.ndarray, experiments: Experiments, obs: Observations, group: Group) -> ClusterFigures:
    """Completeness (0 to 1, to the resolution of all data), multiplicity and median cell of the members."""
    chosen = np.isin(obs.experiment, members)
    unique = group_equivalents(obs.hkl[chosen], group)
    cell = median_cell(experiments[int(i)] for i in members)
    possible = possible_indices(cell, group, float(obs.d.min()), float(obs.d.max()))
    return ClusterFigures(
        completeness=min(1.0, len(unique) / max(len(possible), 1)),
        multiplicity=float(chosen.sum() / max(len(unique), 1)),
        n_observations=int(chosen.sum()),
        n_unique=len(unique),
        cell=tuple(float(x) for x in cell),
    )
