"""Crystals that mislead: NCS that is nearly symmetry, twins, and data sets that do not belong."""

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.maths.crystal.change_of_basis import matched
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.simulate.params import SimulateParams
from gnomon.simulate.pseudo_protein import pseudo_protein
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.structure_factors import true_intensities
from gnomon.simulate.wedges import integrated_wedges

TETRAGONAL = {"cell": (40, 40, 50, 90, 90, 90), "space_group": "P4"}


def mates(**changes):
    """Intensities of reflections h k l and k h -l."""
    crystal = true_intensities(SimulateParams(**TETRAGONAL, **changes), 3.0)
    image = crystal.hkl[:, [1, 0, 2]] * [1, 1, -1]
    i, j = matched(image, crystal.hkl)
    return crystal.intensity[i], crystal.intensity[j]


def test_a_twin_is_the_sum_of_two_orientations():
    plain, other = mates()
    twin, _ = mates(twin_law="k,h,-l", twin_fraction=0.3)
    expected = 0.7 * plain + 0.3 * other
    np.testing.assert_allclose(twin / twin.mean(), expected / expected.mean(), rtol=1e-6)


def test_a_perfect_twin_has_the_symmetry():
    twin, other = mates(twin_law="k,h,-l", twin_fraction=0.5)
    np.testing.assert_allclose(twin, other, rtol=1e-6)


def test_copies_modulate_intensities():
    crystal = true_intensities(
        SimulateParams(cell=(40, 50, 60, 90, 90, 90), space_group="P222", ncs="x,y,z+1/2", ncs_shift=0.3), 4.0
    )
    odd = crystal.hkl[:, 2] % 2 == 1
    assert crystal.intensity[odd].mean() < 0.2 * crystal.intensity[~odd].mean()


def test_half_of_the_atoms_are_images():
    atoms = pseudo_protein(SimulateParams(**TETRAGONAL, ncs="-x,y,z+0.31", ncs_shift=0.0))
    half = len(atoms) // 2
    images = atoms.fractional[:half] * [-1, 1, 1] + [0, 0, 0.31]
    np.testing.assert_allclose(atoms.fractional[half:], images, atol=1e-12)
    with pytest.raises(InputError, match="cannot be read"):
        pseudo_protein(SimulateParams(**TETRAGONAL, ncs="up,down"))


def test_bad_data_sets():
    params = {"species": ("a",), "wedges": 2, "images": 10, "d_min": 3.5, "image_size": (487, 619), "basis": "true"}
    _, table, truth = integrated_wedges(WedgesParams(**params, **TETRAGONAL, others=1, misindexed=1, crystal_cell=0.0))
    assert truth.names == ["a_01", "a_02", "other_01", "misindexed_01"]
    q = np.linalg.norm(table["miller_index"] @ b_matrix(np.array(TETRAGONAL["cell"], float)).T, axis=1)
    right = np.abs(q - 1 / table["d"]) < 1e-4
    np.testing.assert_array_equal([right[table["id"] == i].mean() > 0.9 for i in range(4)], [1, 1, 1, 0])


def test_screw_absences_are_measured():
    """A program that does not know the group predicts them; they hold nothing but noise."""
    params = {"species": ("a",), "wedges": 1, "images": 90, "width": 1.0, "d_min": 3.5, "basis": "true"}
    _, table, _ = integrated_wedges(WedgesParams(**params, cell=(40, 40, 50, 90, 90, 90), space_group="P43212", seed=1))
    h = table["miller_index"]
    gone = (h[:, 1] == 0) & (h[:, 2] == 0) & (h[:, 0] % 2 == 1)
    z = table["intensity.prf.value"][gone] / np.sqrt(np.abs(table["intensity.prf.variance"][gone]))
    assert gone.sum() > 3
    assert np.abs(z).max() < 4
