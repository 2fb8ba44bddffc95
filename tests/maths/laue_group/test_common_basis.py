"""Experiments in one basis: intensities of those before are merged once, however many there are."""

import time

import numpy as np
from diffract import random_rotation

from gnomon.maths.crystal.change_of_basis import mean_intensities
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.intensities.normalised import Observations
from gnomon.maths.laue_group.common_basis import CellTolerance, _Known, common_basis
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment, Experiments

FLIP = np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1]])
"""A rotation of the lattice that crystals of 4/m have not."""


def crystals(n, seed=0, each=60):
    """n crystals of 4/m in orientations of their own, with ``each`` reflections, and which are indexed flipped."""
    rng = np.random.default_rng(seed)
    hkl = np.stack(np.meshgrid(np.arange(-6, 7), np.arange(-6, 7), np.arange(1, 6)), axis=-1).reshape(-1, 3)
    alike = [max((h, k, l), (-k, h, l), (-h, -k, l), (k, -h, l)) for h, k, l in hkl.tolist()]
    _, orbit = np.unique(alike, axis=0, return_inverse=True)
    strength = rng.exponential(size=len(hkl))[orbit.ravel()]
    rows = np.concatenate([rng.choice(len(hkl), each, replace=False) for _ in range(n)])
    owner, flipped = np.repeat(np.arange(n), each), rng.random(n) < 0.5
    indices = np.where(flipped[owner, None], hkl[rows] @ FLIP, hkl[rows])
    B, one = b_matrix((50, 50, 70, 90, 90, 90)), np.ones(len(rows))
    items = [Experiment(Beam(), Detector(()), crystal=Crystal(random_rotation(rng) @ B)) for _ in range(n)]
    e2 = strength[rows]
    return Experiments.of(items), Observations(np.arange(len(e2)), owner, indices, e2, one, e2, one, one), flipped


def test_crystals_in_either_setting_come_to_one():
    experiments, obs, flipped = crystals(40, each=200)
    changes, _ = common_basis(experiments, obs, CellTolerance())
    up = np.array([np.rint(P[2, 2]) for P in changes])
    np.testing.assert_array_equal(up * up[0] < 0, flipped != flipped[0])


def test_means_are_those_of_all_rows_together():
    _, obs, _ = crystals(12)
    known = _Known(obs)
    for n in (3, 4, 12):
        hkl, mean = known.means([np.eye(3)] * n)
        rows = obs.experiment < n
        first = np.take_along_axis(obs.hkl, (obs.hkl != 0).argmax(axis=1)[:, None], axis=1)
        expected = mean_intensities((obs.hkl * np.where(first < 0, -1, 1))[rows], obs.e2[rows])
        order = np.lexsort(hkl.T[::-1])
        np.testing.assert_array_equal(hkl[order], expected[0])
        np.testing.assert_array_equal(mean[order], expected[1])


def test_cost_grows_with_the_number_of_experiments():
    def seconds(n):
        experiments, obs, _ = crystals(n)
        start = time.process_time()
        common_basis(experiments, obs, CellTolerance())
        return time.process_time() - start

    seconds(2)
    assert seconds(160) < 8 * seconds(40)
