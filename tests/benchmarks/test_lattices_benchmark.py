"""Figures of two lattices: a perfect answer, one in another basis, and one lattice for two."""

from pathlib import Path

import lattices
import numpy as np
import pytest
from diffract import crystal, experiments_of, instrument

from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.goniometer import rotation_about
from gnomon.models.reflections import Reflections
from gnomon.simulate.truth import Truth

ONE = crystal((42, 58, 66, 90, 103, 90), np.random.default_rng(1)).A
TWO = rotation_about(np.array([0.0, 0.6, 0.8]), np.deg2rad(2.0)) @ ONE


def figures(*settings):
    numbers = {"A": ONE.tolist(), "A_second": TWO.tolist(), "hall_symbol": " P 2yb"}
    truth = Truth(Path(), "", numbers, None, np.empty((0, 3)), np.empty(0))
    items = [instrument().replace(crystal=Crystal(A)) for A in settings]
    experiments = Experiments.of(e.replace(crystal=c.crystal) for e, c in zip(experiments_of(*items), items))
    table = Reflections({"id": np.array([0, 0, 0, -1], np.int32)})
    return lattices.lattices_figures(truth, experiments, table)


def test_both_are_there_in_any_basis():
    found = figures(TWO @ np.diag([-1.0, 1.0, -1.0]), ONE)
    assert found.crystals == 2
    assert found.indexed == 75
    assert max(found.first_off, found.second_off) < 1e-6


def test_one_for_two_is_off_from_the_other_by_their_turn():
    found = figures(ONE)
    assert found.first_off < 1e-6
    assert found.second_off == pytest.approx(2.0)
