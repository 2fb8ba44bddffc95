"""Prisms hold what lies above their polygon; turned by U^T, lattices of one cell lie on each other."""

import numpy as np
import pytest
from diffract import crystal, instrument

from gnomon.distribute.workers import Workers
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.geometry.reciprocal_positions import (
    Prism,
    in_crystal_frame,
    orientations,
    places_on_detector,
    reciprocal_positions,
    seen_by,
)
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections

CELL = (50, 60, 70, 80, 90, 100)
SQUARE = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])


@pytest.mark.parametrize(
    ("point", "inside"),
    [([0, 0, 0], True), ([0.99, -0.99, 5], True), ([1.01, 0, 0], False), ([np.nan] * 3, False), ([0, -3, 0], False)],
)
def test_a_prism_is_endless_along_its_line_of_sight(point, inside):
    assert Prism(SQUARE, np.array([2.0, 0, 0]), np.array([1.0, 1.0, 0])).holds(np.array([point], float))[0] == inside


def test_depth_cuts_it_at_both_ends():
    prism = Prism(SQUARE, np.array([0, 1.0, 0]), np.array([0, 0, 1.0]), (-0.5, 0.25))  # along x
    x = np.array([-0.51, -0.5, 0.0, 0.25, 0.26])
    assert prism.holds(np.column_stack([x, 0 * x, 0 * x])).tolist() == [False, True, True, True, False]


def test_a_polygon_may_be_hollow():
    corners = np.array([[0, 0], [4, 0], [4, 4], [2, 1], [0, 4]], float)
    prism = Prism(corners, np.array([1.0, 0, 0]), np.array([0, 1.0, 0]))
    assert prism.holds(np.array([[2, 0.5, 0], [2, 2, 0], [0.2, 3, 0], [3.8, 3, 0]])).tolist() == [
        True,
        False,
        True,
        True,
    ]


def test_what_has_no_lattice_is_seen_by_the_first_experiment_of_its_images():
    e = instrument()
    experiments = Experiments.of([e, e.replace(crystal=crystal(CELL, np.random.default_rng(0)))])
    table = Reflections({"id": [1, -1, 0, -1, 7], "imageset_id": [0, 0, 0, 5, -1]})
    assert seen_by(experiments, table).tolist() == [1, 0, 0, -1, -1]
    assert seen_by(experiments, table.without_columns("imageset_id")).tolist() == [1, -1, 0, -1, -1]


def test_predicted_places_stand_in_for_unobserved_ones():
    table = Reflections(
        {
            "xyzobs.px.value": [[1.0, 2, 3], [0, 0, 0], [0, 0, 0]],
            "xyzcal.px": [[9.0, 9, 9], [4, 5, 6], [0, 0, 0]],
        }
    )
    np.testing.assert_array_equal(places_on_detector(table), [[1, 2, 3], [4, 5, 6], [np.nan] * 3])


def test_threads_change_nothing_and_crystals_lie_on_each_other():
    rng = np.random.default_rng(1)
    e = instrument()
    experiments = Experiments.of(
        [
            e.replace(crystal=crystal(CELL, np.random.default_rng(0))),
            e.replace(crystal=crystal(CELL, np.random.default_rng(0))),
        ]
    )
    n = 200
    table = Reflections(
        {
            "id": rng.integers(-1, 2, n),
            "imageset_id": np.zeros(n),
            "panel": np.zeros(n),
            "xyzobs.px.value": rng.uniform(1, 20, (n, 3)),
        }
    )
    one, _seen = reciprocal_positions(experiments, table)
    other, _ = reciprocal_positions(experiments, table, Workers(3))
    np.testing.assert_array_equal(one, other)
    assert np.isfinite(one).all()
    hkl = rng.integers(-9, 9, (n, 3))
    made = np.einsum("ij,nj->ni", experiments[0].crystal.A, hkl)
    turned = in_crystal_frame(made, np.where(table["id"] >= 0, 0, -1), experiments)
    known = table["id"] >= 0
    np.testing.assert_allclose(turned[known], hkl[known] @ b_matrix(experiments[0].crystal.cell).T, atol=1e-12)
    assert np.isnan(turned[~known]).all()
    U = orientations(experiments)[0]
    np.testing.assert_allclose(U @ U.T, np.eye(3), atol=1e-12)
