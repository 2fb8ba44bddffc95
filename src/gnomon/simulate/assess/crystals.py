"""Many crystals against truth: their settings, their cells, and which cluster each species went to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.maths.crystal.symmetry import rotations, space_group
from gnomon.models.experiment import Experiments
from gnomon.models.names import data_set_names
from gnomon.simulate.series_truth import SeriesTruth


@dataclass(frozen=True)
class CrystalsFigures:
    """How many data sets share one true setting, their cells' errors, and the species in each cluster."""

    data_sets: int
    in_one_setting: int
    cell_error: np.ndarray  # (n,) relative, of the cube root of the primitive volume
    clusters: dict[str, dict[str, int]]  # cluster, then species: how many

    @property
    def unmixed(self) -> bool:
        """Whether each cluster is all of one species, and each species all in one cluster."""
        held = [species for counts in self.clusters.values() for species in counts]
        return len(held) == len(set(held)) == len(self.clusters)


def assess_crystals(
    truth: SeriesTruth, experiments: Experiments, clusters: Mapping[str, Sequence[int]]
) -> CrystalsFigures:
    """The figures of ``experiments``, named after the truth's images; ``clusters`` name rows of them.

    Settings are one if the found bases differ from the true ones by the same change, up to the true point group.
    """
    row = {name: i for i, name in enumerate(truth.names)}
    number = [row[name.rpartition("/")[2]] for name in data_set_names(experiments)]
    crystals = [e.crystal for e in experiments]
    changes = [truth.setting_of(k, c.A) for k, c in zip(number, crystals) if c is not None]
    volumes = np.array([_primitive_volume(c.A, c.hall_symbol) for c in crystals if c is not None])
    true = np.array([_primitive_volume(truth.A[k], truth.space_group) for k in number])
    counts = {name: _species(truth, [number[k] for k in members]) for name, members in clusters.items()}
    return CrystalsFigures(
        len(experiments), _largest_setting(changes, truth.space_group), np.cbrt(volumes / true) - 1, counts
    )


def _primitive_volume(A: np.ndarray, group: str) -> float:
    """Å³ of the primitive cell."""
    centring = len(space_group(group).operations().cen_ops)
    return float(1 / abs(np.linalg.det(A)) / centring)


def _largest_setting(changes: Sequence[np.ndarray], group: str) -> int:
    """How many of the changes are alike up to a rotation of the point group."""
    W = rotations(space_group(group))
    alike = [sum(bool((np.abs(P @ W - Q) < 0.01).all(axis=(1, 2)).any()) for P in changes) for Q in changes]
    return max(alike, default=0)


def _species(truth: SeriesTruth, members: Sequence[int]) -> dict[str, int]:
    """How many of the crystals are of each species."""
    names = [truth.species_names[truth.species[k]] if truth.species[k] >= 0 else "noise" for k in members]
    return {name: names.count(name) for name in sorted(set(names))}
