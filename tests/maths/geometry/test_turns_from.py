"""Turns of crystals from each other."""

from __future__ import annotations

import numpy as np

from gnomon.maths.geometry.rotation_vectors import rotation_matrix, turns_from


def test_turns_are_those_that_were_made_whatever_the_cell_does():
    rng = np.random.default_rng(3)
    origin = rng.normal(size=(3, 3))
    turns = rng.normal(0, 0.3, (50, 3))
    turned = rotation_matrix(turns) @ origin
    np.testing.assert_allclose(turns_from(turned, origin), turns, atol=1e-12)
    grown = turned * np.linspace(0.99, 1.01, 50)[:, None, None]
    np.testing.assert_allclose(turns_from(grown, origin), turns, atol=1e-12)


def test_no_turn_is_zero():
    origin = np.diag([0.01, 0.02, 0.03])
    assert not turns_from(np.array([origin]), origin).any()
