"""Coordinates whose scalar products are the correlations."""

import numpy as np
import pytest

from gnomon.maths.data_sets import embedding
from gnomon.maths.data_sets.embedding import choose_dimensions, cosines, embed, functional, placed
from gnomon.maths.numerics.leading import leading_eigenvectors


def noisy(X, seed=0, noise=0.03, missing=0.3):
    rng = np.random.default_rng(seed)
    error = rng.normal(0, noise, (len(X),) * 2)
    known = np.triu(rng.random((len(X),) * 2) > missing, 1)
    cc = X @ X.T + (error + error.T) / np.sqrt(2)
    np.fill_diagonal(cc, 1.0)
    w = np.where(known | known.T, 1.0, 0.0)
    return np.where(w > 0, cc, np.eye(len(X))), w


def species(n=12, angle=25.0, lengths=(0.7, 0.95), seed=1):
    """Two groups of vectors, ``angle`` degrees apart, each in two settings that do not correlate."""
    rng = np.random.default_rng(seed)
    t = np.deg2rad(angle)
    axes = np.array([[1, 0, 0, 0], [np.cos(t), np.sin(t), 0, 0], [0, 0, 1, 0], [0, 0, np.cos(t), np.sin(t)]])
    return np.repeat(axes, n, axis=0) * rng.uniform(*lengths, (4 * n, 1)), np.repeat(np.arange(4), n)


def test_coordinates_come_back_up_to_a_rotation():
    X, _ = species()
    cc, w = noisy(X)
    found = embed(cc, w, 4)
    np.testing.assert_allclose(found @ found.T, X @ X.T, atol=0.08)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), np.linalg.norm(X, axis=1), atol=0.05)
    second = (found**2).sum(axis=0)
    assert (np.diff(second) <= 0).all()
    assert (found.sum(axis=0) >= 0).all()


def test_functional_is_the_formula_and_its_minimum_is_found():
    X, _ = species(5)
    cc, w = noisy(X)
    rest = (cc - X @ X.T) ** 2
    assert functional(cc, w, X) == pytest.approx(0.5 * (w * rest)[~np.eye(len(X), dtype=bool)].sum())
    found = embed(cc, w, 4)
    assert functional(cc, w, found) < functional(cc, w, X)
    for seed in range(3):
        assert functional(cc, w, embed(cc, w, 4, seed)) == pytest.approx(functional(cc, w, found), rel=1e-3)


@pytest.mark.parametrize("angle", [25.0, 60.0])
def test_dimensions_are_those_needed(angle):
    X, label = species(15, angle)
    for chosen, expected in ((label >= 0, 4), ((label == 0) | (label == 2), 2)):
        number, tried = choose_dimensions(*noisy(X[chosen]), 8)
        assert number == expected
        assert [one.dimensions for one in tried] == list(range(1, len(tried) + 1))
        assert expected < len(tried) < 8
        assert (np.diff([one.functional for one in tried]) <= 1e-9).all()


def test_cosines_do_not_know_of_random_error():
    X, label = species()
    found = cosines(embed(*noisy(X), 4))
    same = label[:, None] == label
    assert found[same].mean() > 0.99
    between = found[(label[:, None] == 0) & (label == 1)]
    assert between.mean() == pytest.approx(np.cos(np.deg2rad(25)), abs=0.03)
    assert cosines(np.array([[1.0, 0], [0, 0]]))[0, 1] == 0


def test_same_twice_and_two_points():
    cc, w = noisy(species(4)[0])
    np.testing.assert_array_equal(embed(cc, w, 3), embed(cc, w, 3))
    pair = embed(np.array([[1, 0.8], [0.8, 1]]), np.ones((2, 2)), 2)
    assert pair[0] @ pair[1] == pytest.approx(0.8, abs=1e-6)
    assert choose_dimensions(np.ones((1, 1)), np.ones((1, 1)), 5)[0] == 1


def test_points_put_beside_others_are_where_they_belong():
    X, _ = species(10)
    cc, w = noisy(X, noise=0.02, missing=0.1)
    few = np.flatnonzero(np.arange(40) % 4)
    fixed = embed(cc[np.ix_(few, few)], w[np.ix_(few, few)], 4)
    found = placed(cc[:, few], w[:, few], fixed)
    np.testing.assert_allclose(found @ fixed.T, X @ X[few].T, atol=0.08)
    assert not placed(np.zeros((1, 30)), np.zeros((1, 30)), fixed).any()  # of which nothing is known


def test_the_functional_in_blocks_of_rows(monkeypatch):
    cc, w = noisy(species(15)[0])
    X = np.random.default_rng(1).normal(size=(60, 3))
    f, gradient = embedding._Functional(cc, w)(X)
    monkeypatch.setattr(embedding, "_WHOLE", 10)
    monkeypatch.setattr(embedding, "_ROWS", 7)
    f_in_blocks, gradient_in_blocks = embedding._Functional(cc, w)(X)
    assert f_in_blocks == pytest.approx(f, rel=1e-12)
    np.testing.assert_allclose(gradient_in_blocks, gradient, rtol=1e-10, atol=1e-12)


def test_leading_eigenvectors_of_a_large_matrix():
    X, _ = species(160)
    matrix = noisy(X, missing=0.0)[0]
    value, vector = leading_eigenvectors(matrix, 4)
    np.testing.assert_array_equal(vector, leading_eigenvectors(matrix, 4)[1])
    expected, axes = np.linalg.eigh(matrix)
    np.testing.assert_allclose(value, expected[::-1][:4], rtol=1e-6)
    np.testing.assert_allclose(np.abs(vector.T @ axes[:, ::-1][:, :4]), np.eye(4), atol=1e-4)
    assert leading_eigenvectors(np.zeros((700, 700)), 1)[1].shape == (700, 1)
