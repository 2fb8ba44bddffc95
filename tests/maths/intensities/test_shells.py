"""Shells of equal volume, and the reflections they could hold."""

import numpy as np
import pytest

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import is_absent, operations, to_asu
from gnomon.maths.intensities.shells import possible_indices, possible_per_shell, shells_by_volume

CELL = np.array([20.0, 25.0, 30.0, 90.0, 90.0, 90.0])


def test_shells_hold_equal_volumes_and_their_ends() -> None:
    shells = shells_by_volume(20.0, 2.0, 7)
    assert np.diff(shells.edges**-3.0) == pytest.approx(np.full(7, (2.0**-3 - 20.0**-3) / 7))
    assert shells.of(np.array([20.0, 2.0, 21.0, 1.99])).tolist() == [0, 6, -1, -1]
    assert shells.of(shells.edges[1:-1] * (1 + 1e-6)).tolist() == list(range(6))
    assert shells.of(shells.edges[1:-1] * (1 - 1e-6)).tolist() == list(range(1, 7))


def test_possible_indices_are_all_indices_once_without_absences() -> None:
    grid = np.stack(np.meshgrid(*[np.arange(-10, 11)] * 3, indexing="ij"), -1).reshape(-1, 3)
    d = d_spacing(grid, CELL)
    grid = grid[(d >= 3.5) & (d <= 15.0)]
    grid = grid[~is_absent(grid, "P212121")]
    expected = np.unique(to_asu(grid, "P212121")[0], axis=0)
    found = possible_indices(CELL, "P212121", 3.5, 15.0)
    assert len(found) == len(expected)
    assert (np.unique(to_asu(found, "P212121")[0], axis=0) == expected).all()


def test_possible_indices_of_bare_operations_are_those_of_their_group() -> None:
    found = possible_indices(CELL, operations("P212121"), 3.5, 15.0)
    assert (found == possible_indices(CELL, "P212121", 3.5, 15.0)).all()


def test_pairs_are_the_acentric_reflections() -> None:
    shells = shells_by_volume(15.0, 3.5, 3)
    unique, pairs = possible_per_shell(shells, CELL, "P212121")
    hkl = possible_indices(CELL, "P212121", 3.5, 15.0)
    acentric = (hkl != 0).all(axis=1)  # 222: the zones hk0, h0l, 0kl are centric
    assert (unique.sum(), pairs.sum()) == (len(hkl), acentric.sum())
