"""Translational NCS on Wilson's intensities with a planted modulation."""

import numpy as np
import pytest

from gnomon.maths.crystal.lattice import b_matrix, d_spacing
from gnomon.maths.crystal.symmetry import rotations
from gnomon.maths.intensities.tncs import cosines, find_tncs, modulation

CELL = np.array([40.0, 50.0, 60.0, 90, 90, 90])
A = b_matrix(CELL)


def made(vector=None, c=0.9, group="P 2 2 2", seed=0, d_min=2.5):
    """Indices of half the sphere, E² with the modulation, d, and the rotations of the lattice."""
    rng = np.random.default_rng(seed)
    hkl = np.indices((33, 41, 49)).reshape(3, -1).T - [16, 20, 24]
    hkl = hkl[(hkl @ [1_000_000, 1000, 1] > 0)]
    d = d_spacing(hkl, CELL)
    hkl, d = hkl[d > d_min], d[d > d_min]
    W = rotations(group)
    mean = np.ones(len(hkl))
    if vector is not None:
        mean = 1 + c * np.exp(-4 / d**2) * cosines(hkl, np.array(vector), W)
    key = np.min([np.abs((hkl @ w) @ [1_000_000, 1000, 1]) for w in W], axis=0)
    unique, orbit = np.unique(key, return_inverse=True)
    return hkl, mean * rng.exponential(size=len(unique))[orbit.ravel()], d, rotations("P 2 2 2")


@pytest.mark.parametrize("vector", [(0, 0, 0.5), (0.5, 0.5, 0.5), (0.3, 0, 0.5), (0.31, 0.12, 0.45)])
def test_a_translation_is_found(vector):
    hkl, e2, d, W = made(vector)
    found = find_tncs(hkl, e2, d, A, W)
    images = np.concatenate([W @ np.array(vector), -W @ np.array(vector)])
    off = np.abs((found[0].vector - images + 0.5) % 1.0 - 0.5).max(axis=1).min()
    assert len(found) == 1
    assert off < 0.02
    assert found[0].modulation == pytest.approx(0.8, abs=0.25)  # of 200 unique reflections to 5 Å


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_found_where_nothing_is(seed):
    assert find_tncs(*made(seed=seed)[:3], A, rotations("P 2 2 2")) == []


def test_class_means_are_those_planted():
    hkl, e2, d, W = made((0, 0, 0.5))
    found = find_tncs(hkl, e2, d, A, W)
    odd = hkl[:, 2] % 2 == 1
    mean = modulation(found, hkl, d)
    for low, high in ((10, 4), (4, 3), (3, 2.5)):
        shell = (d < low) & (d > high)
        for rows in (shell & odd, shell & ~odd):
            assert mean[rows].mean() == pytest.approx(e2[rows].mean(), rel=0.1)
    flat = e2 / mean
    assert flat[odd].mean() == pytest.approx(1.0, abs=0.1)


def test_on_an_axis_and_at_low_resolution_less_is_left_than_in_the_class():
    """Where f is -1 the mean is 1 - exp(-4 s²): a twentieth at 9 Å, while f below -3/4 leaves a fifth to 2.5 Å."""
    hkl, e2, d, W = made((0, 0.2, 0.5), c=1.0)
    found = find_tncs(hkl, e2, d, A, W)
    axial = np.array([[0, 0, 3], [0, 0, 5], [0, 0, 7]])
    mean = modulation(found, axial, 60 / axial[:, 2])
    assert mean.max() < 0.1
    weak = cosines(hkl, found[0].vector, W) < -0.75
    assert modulation(found, hkl, d)[weak].mean() == pytest.approx(e2[weak].mean(), rel=0.1)
    assert e2[weak].mean() > 2 * mean.max()


def test_taking_it_out_breaks_no_symmetry_of_the_lattice():
    """Of a monoclinic crystal with an orthorhombic metric: equivalents under all of 222 get the same mean."""
    hkl, e2, d, W = made((0.31, 0.12, 0.45), group="P 1 2 1")
    found = find_tncs(hkl, e2, d, A, W)
    assert found
    mean = modulation(found, hkl, d)
    key = np.abs(hkl) @ [1_000_000, 1000, 1]
    for k in np.unique(key)[:200]:
        np.testing.assert_allclose(mean[key == k], mean[key == k][0], rtol=1e-9)


def test_short_vectors_and_few_reflections_say_nothing():
    hkl, e2, d, W = made((0.1, 0, 0))  # 4 Å
    assert all(np.linalg.norm(one.vector * CELL[:3]) > 8 for one in find_tncs(hkl, e2, d, A, W))
    assert find_tncs(hkl[:50], e2[:50], d[:50], A, W) == []


CELLS = {
    "P 4": (60, 60, 70, 90, 90, 90), "P 3": (60, 60, 70, 90, 90, 120), "P 3 2 1": (60, 60, 80, 90, 90, 120),
    "P 4 2 2": (60, 60, 80, 90, 90, 90), "P 2 3": (70, 70, 70, 90, 90, 90),
}  # fmt: skip


def high(group, vector, c=0.9, seed=0):
    """The same to 3 Å in a group of a special cell."""
    cell = np.array(CELLS[group], float)
    reach = np.ceil(cell[:3] / 3).astype(int)
    hkl = np.indices(tuple(2 * reach + 1)).reshape(3, -1).T - reach
    hkl = hkl[hkl @ [1_000_000, 1000, 1] > 0]
    d = d_spacing(hkl, cell)
    hkl, d = hkl[d > 3], d[d > 3]
    W = rotations(group)
    key = np.min([np.abs((hkl @ w) @ [1_000_000, 1000, 1]) for w in W], axis=0)
    unique, orbit = np.unique(key, return_inverse=True)
    mean = 1 + c * np.exp(-1.6 / d**2) * cosines(hkl, np.array(vector), W)
    e2 = mean * np.random.default_rng(seed).exponential(size=len(unique))[orbit.ravel()]
    return hkl, e2, d, b_matrix(cell), W


@pytest.mark.parametrize("group", list(CELLS))
def test_a_general_vector_is_found_in_high_symmetry(group):
    """Each of its images makes its own cosine: to 5 Å alone, and under the lattice's rotations, it was missed."""
    vector = np.array([0.31, 0.18, 0.42])
    hkl, e2, d, A, W = high(group, vector)
    (found,) = find_tncs(hkl, e2, d, A, W)
    images = np.concatenate([W @ vector, -W @ vector])
    assert np.abs((found.vector - images + 0.5) % 1.0 - 0.5).max(axis=1).min() < 0.02
    assert found.modulation == pytest.approx(0.84, abs=0.35)  # known to 0.15
    assert find_tncs(*high(group, vector, c=0.0)) == []
