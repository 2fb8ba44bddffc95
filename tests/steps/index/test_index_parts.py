"""The parts of index: transform, lattice vectors, mixture, beam map, max cell, assignment, symmetry."""

from __future__ import annotations

import numpy as np
import pytest
from diffract import PIXEL, crystal, diffract, experiments_of, instrument, random_rotation, shifted, spots
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.maths.crystal.lattice import b_matrix, niggli
from gnomon.maths.crystal.lattice_vectors import (
    distinct_vectors,
    grid_vectors,
    half_sphere,
    peak_vectors,
    phase_sum,
    refined_vectors,
    small_cube,
    transform,
    without_multiples,
)
from gnomon.maths.geometry.beam_search import beam_shifts, score_map
from gnomon.maths.geometry.reciprocal_points import reciprocal_points
from gnomon.maths.geometry.spot_distances import max_cell
from gnomon.models.crystal import Crystal
from gnomon.steps.index.candidate_lattices import (
    CandidateLattice,
    fit_mixture,
    is_same_lattice,
    node_offsets,
    primitive_lattice,
    refined_lattice,
    scored,
)
from gnomon.steps.index.params import IndexParams
from gnomon.steps.index.refinement import assign, cleared
from gnomon.steps.index.sweeps import aligned, misorientation
from gnomon.steps.index.task import Indexed, KnownSymmetry, Task


def nodes(A, rng, n=400, reach=8):
    """Some nodes of a lattice, (n, 3) 1/Å, and their indices."""
    h = rng.integers(-reach, reach + 1, (4 * n, 3))
    h = h[h.any(axis=1)][:n]
    return h @ A.T, h


def seen(cell, rng, n=600, off=(0, 0), d_min=2.6):
    """(crystal, indices, experiments without it, table, points) of one simulated sweep."""
    truth = instrument(n_images=120).replace(crystal=crystal(cell, rng))
    hkl, xyz = diffract(truth, d_min)
    rows = rng.choice(len(xyz), n, replace=False)
    table = spots(xyz[rows], rng)
    experiments = experiments_of(shifted(truth, off))
    return truth.crystal, hkl[rows], experiments, table, reciprocal_points(experiments, table)


def test_points_are_the_nodes_and_move_as_their_slope_says():
    rng = np.random.default_rng(0)
    model, hkl, _, _, points = seen((60, 70, 80, 85, 95, 100), rng)
    assert np.abs(points.rlp - hkl @ model.A.T).max() < 5e-3
    *_, off = seen((60, 70, 80, 85, 95, 100), np.random.default_rng(0), off=(2, -1))
    shift = np.array([2, -1]) * PIXEL
    np.testing.assert_allclose(off.moved(shift).rlp, points.rlp, atol=2e-5)


def test_transform_is_the_sum_of_waves():
    """Against the plain sum |sum w exp(2 pi i r . x)|² with points put on the grid first."""
    rng = np.random.default_rng(1)
    n, d_min = 32, 4.0
    voxel = rng.integers(-9, 10, (30, 3))
    rlp = voxel * 2 / (d_min * n)
    power = transform(rlp, d_min, n)
    weight = np.exp(d_min**2 * np.log(0.05) * (rlp**2).sum(axis=1))
    for at in ((0, 0, 0), (3, 5, 2), (31, 20, 16), (16, 1, 7)):
        x = np.where(np.array(at) > n // 2, np.array(at) - n, at) * d_min / 2
        expected = abs((weight * np.exp(2j * np.pi * rlp @ x)).sum()) ** 2
        assert power[at] == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_peaks_are_lattice_vectors():
    rng = np.random.default_rng(2)
    A = random_rotation(rng) @ b_matrix(np.array([25, 31, 37, 90, 95, 90]))
    rlp, _ = nodes(A, rng)
    d_min = max(1 / np.linalg.norm(rlp, axis=1).max(), 3.0)
    vectors = peak_vectors(transform(rlp, d_min, 64), d_min, (10, 45))
    exact = refined_vectors(rlp, vectors[:6], d_min)
    h = exact @ A
    np.testing.assert_allclose(h, np.rint(h), atol=1e-6)


def test_vectors_are_scored_grouped_and_freed_of_multiples():
    rlp = np.column_stack([np.arange(-5, 6) / 10.0, np.zeros(11), np.zeros(11)])
    vectors = np.array([[10.0, 0, 0], [20, 0, 0], [-10.01, 0, 0], [5, 0, 0], [0, 7, 0]])
    score = phase_sum(rlp, vectors)
    np.testing.assert_allclose(score[[0, 1, 4]], 1, atol=1e-6)
    assert abs(score[3]) < 0.1
    kept = distinct_vectors(vectors, score, 0.5)
    assert 2 not in kept
    assert 1 not in without_multiples(vectors, score)
    assert {0, 3, 4} <= set(without_multiples(vectors, score))


@settings(max_examples=25, deadline=None)
@given(st.floats(0.3, 1.0), st.floats(1e-4, 1e-3), st.integers(0, 2**16))
def test_mixture_finds_fraction_and_spread(fraction, sigma, seed):
    rng = np.random.default_rng(seed)
    A = b_matrix(np.array([40.0, 50, 60, 90, 90, 90]))
    rlp, _ = nodes(A, rng, 1500)
    inside = rng.random(len(rlp)) < fraction
    rlp = np.where(inside[:, None], rlp + sigma * rng.normal(size=rlp.shape), rng.uniform(-0.2, 0.2, rlp.shape))
    found, spread, gain, posterior = fit_mixture(A, node_offsets(A, rlp)[1])
    assert found == pytest.approx(fraction, abs=0.06)
    assert spread == pytest.approx(sigma, rel=0.15)
    assert gain > 0
    assert posterior[inside].mean() > 0.9


def test_gain_prefers_the_true_cell_to_multiples_and_parts():
    rng = np.random.default_rng(3)
    model, _, _, _, points = seen((40, 50, 60, 90, 90, 90), rng)
    true = scored(CandidateLattice(niggli(model.A)[0], np.zeros(2)), points)
    for factor in (2.0, 0.5):
        for axis in range(3):
            P = np.eye(3)
            P[axis, axis] = factor
            other = refined_lattice(CandidateLattice(true.A @ np.linalg.inv(P), np.zeros(2)), points)
            assert other.gain < true.gain
    doubled = CandidateLattice(true.A @ np.diag([0.5, 1, 1]), np.zeros(2))
    assert is_same_lattice(primitive_lattice(doubled, points, 25.0).A, true.A)


def test_polishing_finds_a_small_beam_shift():
    rng = np.random.default_rng(4)
    model, _, _, _, points = seen((40, 50, 60, 90, 90, 90), rng, off=(1.5, -1))
    best = refined_lattice(CandidateLattice(model.A, np.zeros(2)), points)
    np.testing.assert_allclose(best.shift / PIXEL, [1.5, -1], atol=0.05)
    np.testing.assert_allclose(best.A, model.A, atol=1e-5)


def test_beam_map_is_the_mean_cosine_and_peaks_at_the_shift():
    rng = np.random.default_rng(5)
    model, _, _, _, points = seen((60, 70, 80, 90, 90, 90), rng, off=(9, -7), n=150)
    vectors = np.linalg.inv(model.A)
    grid, score = score_map([(points, vectors)], 1.0, 0.25)
    for i, j in ((0, 3), (4, 4), (8, 1)):
        moved = points.moved(np.array([grid[i], grid[j]]))
        assert score[i, j] == pytest.approx(np.cos(2 * np.pi * moved.rlp @ vectors.T).mean(), abs=1e-5)
    best = beam_shifts([(points, np.concatenate([vectors, vectors[:2] + vectors[1:]]))], 4.0)[0]
    np.testing.assert_allclose(best.shift / PIXEL, [9, -7], atol=0.5)


def test_max_cell_holds_the_longest_edge():
    for cell in ((40, 50, 60, 90, 90, 90), (30, 30, 120, 90, 90, 90)):
        *_, points = seen(cell, np.random.default_rng(6), n=1500)
        assert max(cell[:3]) < max_cell(points) < 3 * max(cell[:3])
    assert max_cell(points.select(np.arange(3))) == 0


def test_half_sphere_is_even():
    v = half_sphere(0.1)
    np.testing.assert_allclose(np.linalg.norm(v, axis=1), 1)
    assert len(v) == pytest.approx(2 * np.pi / 0.1**2, rel=0.01)
    cosine = v @ v.T - 2 * np.eye(len(v))
    assert np.arccos(cosine.max(axis=1)).max() < 0.12


def test_grid_search_finds_vectors_of_known_length():
    model, _, _, _, points = seen((40, 50, 60, 90, 90, 90), np.random.default_rng(7), off=(4, 4))
    vectors = grid_vectors(points.rlp, np.array([40.0, 50.0]))
    for k, real in enumerate(np.linalg.inv(model.A)[:2]):
        close = np.abs(vectors @ real) / np.linalg.norm(real) ** 2
        assert close[30 * k : 30 * (k + 1)].max() > np.cos(0.03)


def test_assignment_keeps_the_nearer_of_two_spots_with_one_index():
    rng = np.random.default_rng(8)
    model, hkl, experiments, table, _ = seen((60, 70, 80, 90, 90, 90), rng, n=50)
    xyz = table["xyzobs.px.value"].copy()
    xyz[1] = xyz[0] + (1.5, 0, 0)
    spots_ = cleared(table.with_columns({"xyzobs.px.value": xyz}), np.zeros(50, np.int32))
    wishes = IndexParams()
    task = Task(experiments, spots_, np.zeros(50, np.int32), wishes, KnownSymmetry.of(wishes))
    found = assign(Indexed(experiments.map(lambda e: e.replace(crystal=model)), [0]), task)
    assert found["id"][1] == -1
    np.testing.assert_array_equal(found["miller_index"][1], 0)
    kept = np.delete(np.arange(50), 1)
    np.testing.assert_array_equal(found["miller_index"][kept], hkl[kept])


def test_points_between_the_nodes_of_a_centred_cell_are_not_indexed():
    rng = np.random.default_rng(9)
    model, hkl, experiments, table, _ = seen((60, 70, 80, 90, 90, 90), rng, n=200)
    wishes = IndexParams()
    task = Task(
        experiments, cleared(table, np.zeros(200, np.int32)), np.zeros(200, int), wishes, KnownSymmetry.of(wishes)
    )
    body = experiments.map(lambda e: e.replace(crystal=Crystal(model.A, " I 2 2")))
    found = assign(Indexed(body, [0]), task)
    np.testing.assert_array_equal(found["id"] == 0, hkl.sum(axis=1) % 2 == 0)


def test_settings_that_symmetry_makes_alike_are_aligned():
    rng = np.random.default_rng(10)
    A = niggli(crystal((50, 60, 70, 90, 90, 90), rng).A)[0]
    turned = random_rotation(rng) @ A
    flipped = A @ np.diag([-1.0, -1.0, 1.0])
    np.testing.assert_allclose(aligned(flipped, A), A, atol=1e-12)
    np.testing.assert_array_equal(aligned(turned, A), turned)
    assert misorientation(A, flipped) == pytest.approx(180)


@pytest.mark.parametrize(
    ("group", "cell"),
    [
        ("C 1 2 1", (108, 52, 64, 90, 106, 90)),
        ("I 2 3", (78, 78, 78, 90, 90, 90)),
        ("R 3 2:H", (80, 80, 40, 90, 90, 120)),
        ("F 2 2 2", (60, 70, 80, 90, 90, 90)),
        ("P 43 21 2", (79, 79, 38, 90, 90, 90)),
    ],
)
@pytest.mark.parametrize("with_cell", [True, False])
def test_the_known_setting_is_found_from_the_primitive_lattice(group, cell, with_cell):
    import gemmi

    from gnomon.maths.crystal.change_of_basis import to_primitive

    rng = np.random.default_rng(11)
    conventional = random_rotation(rng) @ b_matrix(np.array(cell, float))
    P = to_primitive(gemmi.SpaceGroup(group))
    A = niggli(conventional @ np.linalg.inv(P).T)[0]
    known = KnownSymmetry.of(IndexParams(space_group=group, unit_cell=cell if with_cell else None))
    found = known.crystal(A)
    np.testing.assert_allclose(found.cell, cell, rtol=1e-6)
    assert np.linalg.det(found.A) > 0


def test_the_small_cube_holds_enough_points_and_reaches_beyond_the_limit():
    d_star = np.cbrt(np.linspace(1e-4, 0.125, 12000))  # evenly filled space, to 2 Å
    cube = small_cube(d_star, 80.0, 256)
    assert cube.n % 2 == 0
    assert abs((d_star <= 1 / cube.d_min).sum() - 1500) < 5
    assert 1.5 * 80 <= cube.longest < 1.5 * 80 * 1.1


def test_there_is_no_small_cube_where_it_would_not_be_small():
    assert small_cube(np.linspace(0.01, 0.5, 900), 80.0, 256) is None
