"""A lattice of spots that ran together is told from a crystal between two, and the one that it hid is found."""

import numpy as np
import pytest
from diffract import crystal, diffract, instrument

from gnomon.maths.geometry.rotation_vectors import rotation_matrix
from gnomon.models.crystal import Crystal
from gnomon.steps.index.near_lattices import between
from gnomon.steps.index.sweeps import misorientation

CELL = (42, 58, 66, 90, 103, 90)
SPREAD = 1e-4  # 1/Å, of a spot about its node
TURN = np.deg2rad(1.0) * np.array([0.3, -0.5, 0.8]) / np.linalg.norm([0.3, -0.5, 0.8])


@pytest.fixture(scope="module")
def nodes():
    """The A matrix of a crystal and the nodes (N, 3) 1/Å of its spots in a sweep."""
    experiment = instrument(n_images=60).replace(crystal=crystal(CELL, np.random.default_rng(1)))
    hkl, _ = diffract(experiment, 2.5)
    return experiment.crystal.A, hkl @ experiment.crystal.A.T


def at(A, share):
    """The experiment of a lattice so far on the way from the first to the second."""
    return instrument().replace(crystal=Crystal(rotation_matrix(share * TURN) @ A))


def spots(g, share, seed):
    return g @ rotation_matrix(share * TURN).T + np.random.default_rng(seed).normal(0, SPREAD, g.shape)


def near(points, A):
    """Those of the points that lie nearest to a lattice's nodes: as they would be dealt out."""
    h = points @ np.linalg.inv(A).T
    return np.linalg.norm((h - np.rint(h)) @ A.T, axis=1)


def dealt(points, experiments):
    """The points of each experiment."""
    owner = np.argmin([near(points, e.crystal.A) for e in experiments], axis=0)
    return {i: points[owner == i] for i in range(len(experiments))}


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_the_lattice_that_merged_spots_hid_is_found(nodes, share):
    A, g = nodes
    apart = np.linalg.norm(np.cross(TURN, g), axis=1)
    met = apart < np.median(apart)
    points = np.concatenate([spots(g[~met], 0, 1), spots(g[~met], 1, 2), spots(g[met], share, 3)])
    have = [at(A, share), at(A, 1.0)]
    found = between(dict(enumerate(have)), dealt(points, have), 0.3)
    assert found.middle == 0
    assert misorientation(found.hidden.A, A) < 0.03
    have = [at(A, 0.0), at(A, share), at(A, 1.0)]
    found = between(dict(enumerate(have)), dealt(points, have), 0.3)
    assert (found.middle, found.hidden) == (1, None)


def test_a_crystal_between_two_others_stays(nodes):
    A, g = nodes
    points = np.concatenate([spots(g, share, k) for k, share in enumerate((0.0, 0.5, 1.0))])
    for have in ([at(A, 0.0), at(A, 0.5), at(A, 1.0)], [at(A, 0.5), at(A, 1.0)]):
        assert between(dict(enumerate(have)), dealt(points, have), 0.3) is None


def test_two_crystals_are_two(nodes):
    A, g = nodes
    points = np.concatenate([spots(g, 0, 1), spots(g[::2], 1, 2)])
    have = [at(A, 0.0), at(A, 1.0)]
    assert between(dict(enumerate(have)), dealt(points, have), 0.3) is None
