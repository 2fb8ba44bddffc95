"""Changes of basis: text and matrix, axes and indices, centred and primitive."""

import gemmi
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.errors import InputError
from gnomon.maths.crystal.change_of_basis import (
    change_of_basis_text,
    correlation,
    matched,
    mean_intensities,
    parse_change_of_basis,
    primitive_change,
    reindexed_table,
    to_primitive,
)
from gnomon.maths.crystal.symmetry import centring_vectors
from gnomon.models.reflections import Reflections


def test_axes_and_indices_change_alike():
    P = parse_change_of_basis("b-c, b+c, a")
    np.testing.assert_array_equal(P, [[0, 0, 1], [1, 1, 0], [-1, 1, 0]])
    np.testing.assert_array_equal(P, parse_change_of_basis("k-l,k+l,h"))
    np.testing.assert_array_equal(np.array([1, 2, 3]) @ P, [-1, 5, 1])


def test_coordinates_change_by_the_inverse():
    P = parse_change_of_basis("x-y,x,z")
    np.testing.assert_allclose(np.linalg.inv(P), [[1, -1, 0], [1, 0, 0], [0, 0, 1]], atol=1e-12)


@given(st.lists(st.integers(-2, 2), min_size=9, max_size=9))
def test_text_goes_round(values):
    P = np.array(values).reshape(3, 3)
    if round(np.linalg.det(P)) < 0:
        with pytest.raises(InputError, match="right-handed form") as told:
            parse_change_of_basis(change_of_basis_text(P))
        right = str(told.value).rpartition(" ")[2]
        np.testing.assert_array_equal(parse_change_of_basis(right), -P)
    elif round(np.linalg.det(P)) > 0:
        np.testing.assert_array_equal(parse_change_of_basis(change_of_basis_text(P)), P)


@pytest.mark.parametrize("text", ["a,b", "north,b,c", "a,b,a+b", ""])
def test_what_cannot_be_read_is_told(text):
    with pytest.raises(InputError, match="change of basis"):
        parse_change_of_basis(text)


@pytest.mark.parametrize("symbol", ["C 1 2 1", "I 2 3", "F 4 3 2", "R 3:H", "A 1 2 1", "P 21 21 21"])
def test_primitive_axes_span_the_lattice(symbol):
    group = gemmi.SpaceGroup(symbol)
    P = to_primitive(group)
    centring = np.array(group.operations().cen_ops) / gemmi.Op.DEN
    assert round(1 / abs(np.linalg.det(P))) == len(centring)
    steps = centring @ np.linalg.inv(P).T  # lattice points are whole numbers of primitive axes
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-9)


@pytest.mark.parametrize("symbol", [" I 2 2 3 (y+z,x+z,x+y)", " C 2y (x,y,z+1/4)", " R 3 (x+y,y,z)", "I 2 3", " P 2 2"])
def test_settings_in_no_table_have_primitive_axes_too(symbol):
    P, centring = primitive_change(symbol), centring_vectors(symbol)
    assert 1 / np.linalg.det(P) == pytest.approx(len(centring))
    steps = np.vstack([centring, np.eye(3)]) @ np.linalg.inv(P).T
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-9)


def test_indices_that_become_fractions_are_told():
    table = Reflections({"miller_index": np.array([[2, 0, 0], [1, 0, 0], [1, 1, 1]], np.int32)})
    rows = np.array([True, True, False])
    changed, broken = reindexed_table(table, np.diag([0.5, 1, 1]), rows)
    np.testing.assert_array_equal(broken, [False, True, False])
    np.testing.assert_array_equal(changed["miller_index"][[0, 2]], [[1, 0, 0], [1, 1, 1]])


def test_matching_and_means():
    hkl = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0]])
    unique, mean = mean_intensities(hkl, np.array([1.0, 5.0, 3.0]))
    np.testing.assert_array_equal(unique, [[0, 1, 0], [1, 0, 0]])
    np.testing.assert_array_equal(mean, [5, 2])
    i, j = matched(unique, np.array([[7, 7, 7], [1, 0, 0], [-1, 0, 0]]))
    np.testing.assert_array_equal((i, j), ([1], [1]))


def test_correlation_needs_values():
    x = np.arange(12.0)
    assert correlation((x, 2 * x + 1)) == pytest.approx(1)
    assert np.isnan(correlation((x[:5], x[:5])))
    assert np.isnan(correlation((x, np.ones(12))))
