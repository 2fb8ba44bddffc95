"""The stereographic projection, and preferred orientations."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.geometry.stereographic import alignment, axis_directions, projected
from gnomon.models.crystal import Crystal


def test_the_pole_is_the_centre_and_the_equator_the_circle():
    found = projected(np.array([[0, 0, 1.0], [1.0, 0, 0], [0, -1.0, 0], [0.6, 0, 0.8]]))
    np.testing.assert_allclose(found, [[0, 0], [1, 0], [0, -1], [np.tan(np.arccos(0.8) / 2), 0]])


def test_equivalents_are_there_once():
    crystal = Crystal(np.diag([0.02, 0.02, 0.01]), " P 4 2")
    assert len(axis_directions(crystal, (1, 0, 0))) == 4  # a*, b* and their opposites, which lie on the equator
    np.testing.assert_allclose(axis_directions(crystal, (0, 0, -1)), [[0, 0, 1], [0, 0, 1]])


def test_alignment_tells_plates_from_powder():
    rng = np.random.default_rng(1)
    random = rng.normal(size=(20000, 3))
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    assert alignment(random) < 0.03
    assert alignment(np.tile([0.0, 0.6, 0.8], (5, 1))) == pytest.approx(1.0)
