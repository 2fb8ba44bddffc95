"""Stretches of images in a wrong order show as a crystal that turned about the spindle by whole images."""

import numpy as np
import pytest

from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment
from gnomon.models.goniometer import Goniometer, rotation_about
from gnomon.models.scan import Scan
from gnomon.steps.index.jumps import images_apart, order_in_words

RNG = np.random.default_rng(1)
TILT = rotation_about(np.array([0.3, -1.0, 0.4]), 0.7)
CELL = np.diag([38.0, 79.0, 97.0])


def experiment(width, n):
    goniometer = Goniometer(np.array([0.0, 1.0, 0.0]), fixed_rotation=rotation_about(np.array([1.0, 2.0, 0.0]), 0.4))
    return Experiment(Beam(), Detector(()), goniometer, Scan((1, n), (20.0, width)))


def of(real):
    """The crystal with these axes, rows, Å."""
    return Crystal(np.linalg.inv(real))


def crystals(expt, degrees, change=((1, 0, 0), (0, 1, 0), (0, 0, 1))):
    """Two of one lattice, the second as if the scan had gone on by so much, in another setting."""
    F = expt.goniometer.fixed_rotation
    real = CELL @ TILT.T
    turned = real @ (F.T @ rotation_about(expt.goniometer.rotation_axis, np.deg2rad(degrees)) @ F).T
    return of(real), of(np.asarray(change) @ turned)


@pytest.mark.parametrize(("width", "n", "images"), [(1.0, 40, -40), (0.1, 900, 450), (0.5, 60, 7), (0.1, 400, -3)])
def test_the_turn_is_found_whatever_the_setting(width, n, images):
    expt = experiment(width, n)
    change = [[0, 1, 0], [-1, 0, 0], [0, 0, 1]]
    assert images_apart(expt, *crystals(expt, images * width, change)) == images


def test_a_slip_or_another_crystal_is_none():
    expt = experiment(0.5, 60)
    first, _ = crystals(expt, 0.0)
    slip = rotation_about(RNG.normal(size=3), np.deg2rad(1.4))
    assert images_apart(expt, first, of(CELL @ TILT.T @ slip.T)) == 0
    assert images_apart(expt, first, first) == 0
    other = rotation_about(np.array([1.0, 1.0, 0.2]), 1.1)
    assert order_in_words(expt, (first, of(CELL @ other.T)), 30) == ""


def test_it_is_said_which_images_they_would_be():
    expt = experiment(1.0, 40)
    told = order_in_words(expt, crystals(expt, -40.0), 20)
    assert "a turn of -40 degrees about the rotation axis" in told
    assert "as if images 21 to 40 were images -19 to 0: are stretches of images exchanged" in told
