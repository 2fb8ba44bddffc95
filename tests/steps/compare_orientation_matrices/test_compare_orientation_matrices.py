"""Planted rotations are found, whichever of the equivalent bases a crystal was indexed in."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon import compare_orientation_matrices
from gnomon.cli.main import main
from gnomon.errors import InputError
from gnomon.io.expt import write_experiments
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.crystal.symmetry import rotations
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.goniometer import rotation_about

DETECTOR = Detector(
    (Panel(np.array([1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([-10.0, 8.0, -60.0]), (100, 80), (0.2, 0.2)),)
)
AXIS = np.array([0.36, 0.48, 0.8])
U = rotation_about(np.array([1.0, 2.0, -0.5]), 1.1)


def listed(*crystals):
    return Experiments.of(Experiment(Beam(np.array([0.0, 0, 1]), 1.0), DETECTOR, crystal=c) for c in crystals)


def pair_of(*crystals, **params):
    (pair,) = compare_orientation_matrices(listed(*crystals), **params).summary.pairs
    return pair


def turned(A, angle):
    return rotation_about(AXIS, np.deg2rad(angle)) @ A


@pytest.mark.parametrize(
    ("group", "cell"),
    [("P43212", (79, 79, 38, 90, 90, 90)), ("C2", (108, 52, 64, 90, 106, 90)), ("P3121", (60, 60, 90, 90, 90, 120)),
     ("I23", (78, 78, 78, 90, 90, 90)), ("P-1", (35, 42, 50, 80, 95, 108))],
)  # fmt: skip
def test_a_planted_rotation_is_found_in_any_basis(group, cell):
    A = U @ b_matrix(np.array(cell, float))
    for W in rotations(group)[:: max(1, len(rotations(group)) // 5)]:
        proper = W * round(np.linalg.det(W))
        pair = pair_of(Crystal(A, group), Crystal(turned(A, 7.3) @ proper.T, group), hkl=[(1, 0, 0), (1, -2, 3)])
        assert pair.angle == pytest.approx(7.3, abs=1e-6)
        np.testing.assert_allclose(pair.axis, AXIS, atol=1e-6)
        np.testing.assert_allclose(pair.rotation, rotation_about(AXIS, np.deg2rad(7.3)), atol=1e-8)
        for hkl, angle in zip([(1, 0, 0), (1, -2, 3)], pair.between):
            one, other = A @ hkl, turned(A, 7.3) @ hkl
            assert np.cos(np.deg2rad(angle)) == pytest.approx(one @ other / (one @ one))


def test_without_symmetry_it_is_the_rotation_as_indexed():
    A = U @ b_matrix(np.array([79, 79, 38, 90, 90, 90.0]))
    quarter = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])
    plain = [Crystal(A, " P 1"), Crystal(A @ quarter, " P 1")]
    pair = pair_of(*plain)
    assert (pair.change_of_basis, pair.angle) == ("a,b,c", pytest.approx(90.0))
    np.testing.assert_allclose(np.abs(pair.axis @ A @ [0, 0, 1]), np.linalg.norm(A[:, 2]))
    assert pair_of(*plain, space_group="P4").angle == pytest.approx(0.0, abs=1e-6)
    assert pair_of(*plain, space_group="P4").angle_as_indexed == pytest.approx(90.0)
    assert pair_of(*plain, space_group="P222").angle == pytest.approx(90.0)


def test_lattices_are_compared_whatever_their_settings():
    """C 2 and its primitive cell in P 1, turned by 3 degrees: no rotation of either group takes one to the other."""
    A = U @ b_matrix(np.array([108, 52, 64, 90, 106, 90.0]))
    primitive = turned(A, 3.0) @ np.linalg.inv([[0.5, -0.5, 0], [0.5, 0.5, 0], [0, 0, 1]]).T
    crystals = Crystal(A, " C 2y"), Crystal(primitive, " P 1")
    pair = pair_of(*crystals, lattice=True, hkl=[(2, 0, 0)])
    assert pair.angle == pytest.approx(3.0, abs=1e-6)
    assert pair.misfit < 1e-9
    np.testing.assert_allclose(pair.rotation, rotation_about(AXIS, np.deg2rad(3.0)), atol=1e-8)
    assert pair_of(*crystals).misfit > 0.1
    other = Crystal(A * 1.3, " C 2y")
    with pytest.raises(InputError, match="lattices of crystals 1 and 2 differ"):
        pair_of(crystals[0], other, lattice=True)


def test_half_a_turn_and_cells_that_differ():
    A = U @ b_matrix(np.array([35, 42, 50, 80, 95, 108.0]))
    pair = pair_of(Crystal(A), Crystal(turned(A, 180.0)))
    assert pair.angle == pytest.approx(180.0)
    assert abs(pair.axis @ AXIS) == pytest.approx(1.0)
    strained = turned(A, 5.0) @ np.diag([1.004, 1.0, 0.997])
    assert pair_of(Crystal(A), Crystal(strained)).angle == pytest.approx(5.0, abs=0.1)
    assert 0.001 < pair_of(Crystal(A), Crystal(strained)).misfit < 0.005
    assert pair_of(Crystal(A), Crystal(A)).axis == (0.0, 0.0, 0.0)


def test_each_with_each_or_with_the_next(tmp_path, monkeypatch, capsys):
    A = U @ b_matrix(np.array([35, 42, 50, 80, 95, 108.0]))
    made = listed(*(Crystal(turned(A, angle)) for angle in (0.0, 1.0, 3.0, 7.0)))
    pairs = compare_orientation_matrices(made).summary.pairs
    assert [p.angle for p in pairs] == pytest.approx([1, 3, 7, 2, 6, 4], abs=1e-6)
    monkeypatch.chdir(tmp_path)
    write_experiments("four.expt", made)
    main(["compare_orientation_matrices", "four.expt", "comparison=sequential", "hkl=0,0,1"])
    said = capsys.readouterr().out
    assert "Rotation of 2.000 degrees about axis (0.360, 0.480, 0.800); as indexed 2.000 degrees" in said
    assert said.count("(0,0,1): ") == 3
    with pytest.raises(InputError, match="given 1 crystals, needed two"):
        compare_orientation_matrices(listed(Crystal(A)))
