"""Settings of data sets in lattices of more symmetry than the crystals have, also where its axes differ by data set."""

import numpy as np
import pytest

from gnomon.maths.crystal.bravais import metric_subgroups
from gnomon.maths.crystal.change_of_basis import parse_change_of_basis
from gnomon.maths.crystal.lattice import b_matrix, d_spacing
from gnomon.maths.crystal.symmetry import rotations, space_group, to_asu
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import rotation_about
from gnomon.models.reflections import Reflections
from gnomon.steps.cosym.params import CosymParams
from gnomon.steps.cosym.step import cosym

CASES = {
    "P 1 2 1": (20.0, 20.03, 20.05, 90, 90.1, 90),  # nearly cubic: the twofold axis may lie along any edge
    "P 2 2 2": (20.0, 20.03, 20.05, 90, 90, 90),
    "P 4": (20.0, 20.0, 29.0, 90, 90, 90),
    "P 3": (20.0, 20.0, 31.0, 90, 90, 120),
    "P 1": (20.0, 20.03, 23.0, 90, 90, 90.1),
}


def crystals(name, n=10, fraction=0.15, noise=0.2, seed=0):
    """Data sets of one structure with few reflections, each indexed in a random setting; and P to the true one."""
    rng = np.random.default_rng(seed)
    cell, group = np.array(CASES[name], float), space_group(name)
    hkl = np.indices((21,) * 3).reshape(3, -1).T - 10
    hkl = hkl[hkl.any(axis=1)]
    hkl = hkl[d_spacing(hkl, cell) > 2.2]
    _, which = np.unique(to_asu(hkl, group)[0], axis=0, return_inverse=True)
    true = 1000 * rng.exponential(1.0, which.max() + 1)[which.ravel()]
    lattice = metric_subgroups(b_matrix(cell), 5.0)[0].rotations
    items, parts, settings = [], [], []
    for i in range(n):
        W = lattice[rng.integers(len(lattice))]
        rows = rng.random(len(hkl)) < fraction
        sigma = noise * np.maximum(true[rows], 100)
        A = rotation_about(rng.normal(size=3), rng.uniform(0, 3)) @ b_matrix(cell)
        crystal = Crystal(A).reindexed(W)
        items.append(Experiment(Beam(), Detector(()), crystal=crystal, identifier=str(i)))
        settings.append(np.linalg.inv(W))
        parts.append(
            Reflections(
                {
                    "id": np.full(rows.sum(), i),
                    "miller_index": hkl[rows] @ W,
                    "intensity.sum.value": rng.normal(true[rows], sigma),
                    "intensity.sum.variance": sigma**2,
                    "flags": np.full(rows.sum(), int(Flag.INTEGRATED_SUM)),
                },
                {i: str(i)},
            )
        )
    return Experiments.of(items), Reflections.concatenate(parts), settings


@pytest.mark.parametrize("name", CASES)
def test_all_come_to_one_setting_of_the_true_group(name):
    experiments, table, settings = crystals(name)
    result = cosym(experiments, table, CosymParams())
    changes = [parse_change_of_basis(text) for text in result.summary.changes]
    found = [np.linalg.inv(P) @ Q for P, Q in zip(settings, changes)]  # from the true setting
    symmetry = rotations(name)
    assert all(any(np.allclose(Q, W @ found[0]) for W in symmetry) for Q in found)
    assert space_group(result.summary.space_group).laue_str() == space_group(name).laue_str()
    cells = np.array([e.crystal.cell for e in result.experiments])
    np.testing.assert_allclose(cells, cells[[0] * len(cells)], atol=1e-6)  # the crystals' own cells do not differ
    asu, _ = to_asu(result.reflections["miller_index"], space_group(result.summary.space_group))
    _, which = np.unique(asu, axis=0, return_inverse=True)
    value, which = result.reflections["intensity.sum.value"], which.ravel()
    mean = np.bincount(which, value) / np.bincount(which)
    assert np.corrcoef(value, mean[which])[0, 1] > 0.95  # equivalents do agree
