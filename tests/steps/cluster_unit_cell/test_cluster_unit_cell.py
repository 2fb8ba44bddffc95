"""Crystals of one cell cluster, whatever their orientation or setting."""

import numpy as np
import pytest
from diffract import instrument, random_rotation

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.report.cluster_unit_cell import describe
from gnomon.steps.cluster_unit_cell.params import ClusterUnitCellParams
from gnomon.steps.cluster_unit_cell.step import cluster_unit_cell
from tests.plain_values import assert_plain

TETRAGONAL = np.array([79.0, 79, 38, 90, 90, 90])
ORTHORHOMBIC = np.array([34.0, 45, 66, 90, 90, 90])


def experiments_with(cells, hall=" P 1", seed=1, spread=0.001):
    """Crystals of these cells (n, 6), each off by a part, in random orientations and bases."""
    rng = np.random.default_rng(seed)
    shuffles = [np.eye(3), [[0, 0, 1], [1, 0, 0], [0, 1, 0]], [[1, 0, 1], [0, 1, 0], [0, 0, 1]]]
    items = []
    for i, cell in enumerate(cells):
        A = random_rotation(rng) @ b_matrix(cell * (1 + spread * rng.normal(size=6)))
        P = np.array(shuffles[i % 3] if hall == " P 1" else shuffles[0], float)
        items.append(instrument().replace(identifier=f"e{i}", crystal=Crystal(A @ np.linalg.inv(P).T, hall)))
    return Experiments.of(items)


def clustered(experiments, **params):
    return cluster_unit_cell(experiments, Reflections(), ClusterUnitCellParams(**params))


def test_two_forms_in_any_basis_are_two_clusters():
    cells = [TETRAGONAL] * 6 + [ORTHORHOMBIC] * 9
    summary = clustered(experiments_with(cells), threshold=500).summary
    assert [c.members for c in summary.clusters] == [tuple(range(6, 15)), tuple(range(6))]
    assert summary.labels == (1,) * 6 + (0,) * 9
    assert (len(summary.linkage), summary.linkage[-1].size) == (14, 15)
    np.testing.assert_allclose(summary.clusters[0].lattice_cell, ORTHORHOMBIC, rtol=2e-3)
    np.testing.assert_allclose(summary.clusters[1].lattice_cell, TETRAGONAL, rtol=2e-3)
    assert [c.lattice for c in summary.clusters] == ["P 2 2 2", "P 4 2 2"]


def test_medians_and_spreads_are_those_of_one_basis():
    result = clustered(experiments_with([np.array([60.0, 60, 60, 60, 60, 60])] * 12, spread=0.002), max_delta=2.0)
    cluster = result.summary.clusters[0]
    assert max(cluster.sd[3:]) < 0.5
    assert cluster.lattice == "F 4 3 2"
    np.testing.assert_allclose(cluster.lattice_cell[:3], 60 * 2**0.5, rtol=2e-3)


def test_a_setting_in_no_table_is_read():
    """Body-centred cubic in its primitive basis, as the crystals of polyhedrin were refined."""
    cell = np.array([90.9, 90.9, 90.9, 109.4712, 109.4712, 109.4712])
    experiments = experiments_with([cell] * 4, " I 2 2 3 (y+z,x+z,x+y)", spread=1e-5)
    cluster = clustered(experiments).summary.clusters[0]
    assert cluster.lattice == "I 4 3 2"
    np.testing.assert_allclose(cluster.lattice_cell[0], 90.9 * 2 / 3**0.5, rtol=1e-4)


def test_the_threshold_and_the_linkage_are_as_in_dials():
    """Cubic cells of 100, 101 and 102 Å are 348 and 352 Å² apart: DIALS 3.12 joins them at 350 and 360."""
    experiments = experiments_with([np.array([a, a, a, 90.0, 90, 90]) for a in (100, 101, 102)], spread=0)
    for threshold, sizes in ((340, [1, 1, 1]), (350, [2, 1]), (360, [3])):
        assert [len(c.members) for c in clustered(experiments, threshold=threshold).summary.clusters] == sizes
    assert len(clustered(experiments, threshold=360, linkage="complete").summary.clusters) == 2


def test_who_stands_apart_is_named():
    cells = [TETRAGONAL] * 12 + [TETRAGONAL * [1.02, 1.02, 1, 1, 1, 1]]
    summary = clustered(experiments_with(cells)).summary
    assert [o.name for o in summary.outliers] == ["experiment 12"]
    text = describe(summary)
    assert "1 clusters of 13 crystals, 0 alone" in text
    assert "experiment 12: " in text
    assert_plain(summary)


def test_many_clusters_stay_readable():
    rng = np.random.default_rng(4)
    cells = [np.array([*rng.uniform(30, 100, 3), 90, 90, 90]) for _ in range(45)]
    text = describe(clustered(experiments_with(cells), threshold=1).summary)
    assert "and 15 more, each of 1 or fewer" in text
    assert max(len(line) for line in text.splitlines()) < 200


def test_one_crystal_or_none_is_told():
    with pytest.raises(InputError, match="1 crystals, needed two"):
        clustered(experiments_with([TETRAGONAL]))
    with pytest.raises(InputError, match="number 0 has none"):
        clustered(Experiments.of([instrument(), instrument()]))
