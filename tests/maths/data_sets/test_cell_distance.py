"""The distance of lattices does not depend on how their cells are written, nor jump where the reduction does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.maths.crystal.lattice import b_matrix, niggli
from gnomon.maths.data_sets.cell_distance import (
    aligned,
    cell_distances,
    cell_of_g6,
    g6_of_metric,
    metric_of_g6,
    neighbouring_bases,
)


def reduced(cell):
    real = np.linalg.inv(niggli(b_matrix(np.asarray(cell, float)))[0])
    return g6_of_metric(real @ real.T)


def distance(one, other):
    return cell_distances(np.array([one, other]))[0, 1]


def test_g6_goes_round():
    g6 = reduced((40, 50, 61, 82, 77, 85))
    np.testing.assert_allclose(g6_of_metric(metric_of_g6(g6)), g6)
    np.testing.assert_allclose(cell_of_g6(g6), (40, 50, 61, 82, 77, 85))


def test_inside_the_cone_it_is_the_distance_in_g6():
    one, other = reduced((40, 50, 61, 82, 77, 85)), reduced((40.2, 50, 61, 82, 77, 85.1))
    assert distance(one, other) == pytest.approx(np.linalg.norm(one - other))
    assert distance(reduced((100,) * 3 + (90,) * 3), reduced((105,) * 3 + (90,) * 3)) == pytest.approx(1025 * 3**0.5)


SPECIAL = {
    "primitive cubic": (78, 78, 78, 90, 90, 90),
    "body-centred cubic": (90.9, 90.9, 90.9, 109.4712, 109.4712, 109.4712),
    "face-centred cubic": (60, 60, 60, 60, 60, 60),
    "hexagonal": (50, 50, 100, 90, 90, 120),
    "monoclinic on the boundary": (40, 50, 60, 90, 109.471, 90),
}


@pytest.mark.parametrize("cell", SPECIAL.values(), ids=SPECIAL)
def test_near_a_boundary_it_does_not_jump(cell):
    """Two cells 0.1 % off a special one are near each other, however their reduction goes."""
    rng = np.random.default_rng(5)
    cells = np.array([reduced(np.array(cell) * (1 + 0.001 * rng.normal(size=6))) for _ in range(20)])
    exact = np.concatenate([cells, [reduced(cell)]])
    scale = np.linalg.norm(exact[-1])
    assert cell_distances(exact).max() < 0.02 * scale


def test_without_neighbours_it_would_jump():
    """The guard of the test above: the plain distance of the reduced cells is many times larger."""
    rng = np.random.default_rng(5)
    cell = np.array(SPECIAL["face-centred cubic"])
    cells = np.array([reduced(cell * (1 + 0.001 * rng.normal(size=6))) for _ in range(20)])
    plain = np.linalg.norm(cells[:, None] - cells, axis=2)
    assert plain.max() > 20 * cell_distances(cells).max()


@given(st.integers(0, 10_000))
def test_it_is_symmetric_and_never_more_than_the_plain_distance(seed):
    rng = np.random.default_rng(seed)
    cells = [rng.uniform(30, 80, 3).tolist() + rng.uniform(70, 110, 3).tolist() for _ in range(2)]
    one, other = (reduced(c) for c in cells)
    found = cell_distances(np.array([one, other]))
    assert found[0, 0] == found[1, 1] == 0
    assert found[0, 1] == found[1, 0]
    assert 0 < found[0, 1] <= np.linalg.norm(one - other) + 1e-6


def test_neighbours_hold_the_same_lattice():
    g6 = reduced((40, 50, 61, 82, 77, 85))
    bases = neighbouring_bases(g6)
    np.testing.assert_allclose(bases[0], g6)
    volumes = np.linalg.det(metric_of_g6(bases))
    np.testing.assert_allclose(volumes, volumes[0])
    assert len(np.unique(bases.round(6), axis=0)) == len(bases)


def test_aligned_cells_are_written_alike():
    rng = np.random.default_rng(2)
    cells = np.array(
        [reduced(np.array((60, 60, 60, 60, 60, 60)) * (1 + 0.002 * rng.normal(size=6))) for _ in range(15)]
    )
    assert np.ptp(cell_of_g6(cells)[:, 3:], axis=0).max() > 20  # some reduce to 60, some to 90 or 120 degrees
    together = cell_of_g6(aligned(cells, cells[0]))
    assert np.ptp(together[:, 3:], axis=0).max() < 3
