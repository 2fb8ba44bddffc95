"""Two turns are told from one, from a crystal that slips, and from strays."""

import numpy as np
import pytest
from diffract import crystal, diffract, instrument

from gnomon.maths.geometry.rotation_vectors import rotation_matrix
from gnomon.steps.index.near_lattices import CLEARLY_TWO, two_turns
from gnomon.steps.index.sweeps import misorientation

CELL = (42, 58, 66, 90, 103, 90)
SPREAD = 3e-4  # 1/Å, of a spot about its node
AXIS = np.array([0.3, -0.5, 0.8]) / np.linalg.norm([0.3, -0.5, 0.8])


@pytest.fixture(scope="module")
def nodes():
    """The A matrix of a crystal and the nodes (N, 3) 1/Å of its spots in a sweep."""
    experiment = instrument(n_images=60).replace(crystal=crystal(CELL, np.random.default_rng(1)))
    hkl, _ = diffract(experiment, 2.5)
    return experiment.crystal.A, hkl @ experiment.crystal.A.T


def turned(nodes, angles, rng):
    """The nodes, each turned by its angle (N,) degrees about one axis, with errors."""
    turns = rotation_matrix(np.deg2rad(angles)[:, None] * AXIS)
    return (turns @ nodes[:, :, None])[:, :, 0] + rng.normal(0, SPREAD, nodes.shape)


@pytest.mark.parametrize("share", [0.5, 0.75, 0.9])
def test_two_crystals_are_found_with_their_shares_among_strays(nodes, share):
    A, g = nodes
    rng = np.random.default_rng(2)
    second = rng.uniform(size=len(g)) > share
    points = np.concatenate([turned(g, np.where(second, 0.6, -0.3), rng), rng.uniform(-0.3, 0.3, (len(g) // 10, 3))])
    found = two_turns(A, points, 0.3)
    assert found.apart > CLEARLY_TWO
    assert found.shares[0] / found.shares.sum() == pytest.approx(share, abs=0.05)
    turns = sorted(misorientation(A, B) for B in found.settings(A))
    np.testing.assert_allclose(turns, [0.3, 0.6], atol=0.03)


@pytest.mark.parametrize("slip", [0.0, 0.5, 1.0, 2.0])
def test_one_crystal_stays_one_even_where_it_slips_during_the_scan(nodes, slip):
    A, g = nodes
    rng = np.random.default_rng(3)
    found = two_turns(A, turned(g, rng.uniform(-slip / 2, slip / 2, len(g)), rng), 0.3)
    assert found.apart < CLEARLY_TWO


def test_one_crystal_stays_one_on_images_so_wide_that_phi_is_known_to_the_image(nodes):
    """As on 1 degree images of a crystal of .1 degrees: across the rotation spots err a hundred times less."""
    A, g = nodes
    rng = np.random.default_rng(4)
    turns = rotation_matrix(np.deg2rad(rng.uniform(-0.5, 0.5, len(g)))[:, None] * AXIS)
    points = (turns @ g[:, :, None])[:, :, 0] + rng.normal(0, SPREAD / 10, g.shape)
    assert two_turns(A, points, 0.3).apart < 0.75 * CLEARLY_TWO


def test_few_points_are_not_parted(nodes):
    A, g = nodes
    assert two_turns(A, g[:10], 0.3) is None
