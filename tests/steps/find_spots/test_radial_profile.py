"""Spots on a background that falls off with 2θ, by radial profile."""

import numpy as np
import pytest

from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.threshold import rings, threshold_for

NX, NY = 120, 100
SPOTS = [(20, 30), (70, 90), (55, 8)]  # y, x


@pytest.fixture
def experiment():
    axes = np.eye(3)
    origin = np.array([-6.0, 5.0, -100.0])  # the beam passes through (60, 50) px
    left = Panel(axes[0], -axes[1], origin, (NX // 2, NY), (0.1, 0.1), (0.0, 1e6))
    right = Panel(axes[0], -axes[1], origin + 6 * axes[0], (NX // 2, NY), (0.1, 0.1), (0.0, 1e6))
    return Experiment(Beam(wavelength=0.025), Detector((left, right)))


@pytest.fixture
def image():
    y, x = np.mgrid[:NY, :NX]
    background = 20 + 2000 * np.exp(-np.hypot(x - 60, y - 50) / 12)
    image = np.random.default_rng(4).poisson(background).astype(np.int32)
    for j, i in SPOTS:
        image[j : j + 3, i : i + 3] += 150
    return image[:, : NX // 2], image[:, NX // 2 :]


def strong_in(experiment, image, **params):
    masks = [np.ones((NY, NX // 2), bool)] * 2
    masks[0] = masks[0].copy()
    masks[0][:, 0] = False
    found = threshold_for(experiment, masks, FindSpotsParams(algorithm="radial_profile", **params))(image)
    rows = []
    for i, pixels in enumerate(found):
        y, x = np.divmod(pixels.index, NX // 2)
        np.testing.assert_array_equal(pixels.value, image[i][y, x])
        rows += [(int(j), int(k) + i * NX // 2) for j, k in zip(y, x)]
    return rows


@pytest.mark.parametrize("blur", [None, "narrow"])
def test_planted_spots_are_strong_and_the_background_is_not(experiment, image, blur):
    found = set(strong_in(experiment, image, blur=blur, n_iqr=4.0, n_bins=40))
    planted = {(j + a, i + b) for j, i in SPOTS for a in range(3) for b in range(3)}
    assert len(planted & found) >= (25 if blur is None else 9)
    assert {(j + 1, i + 1) for j, i in SPOTS} <= found
    near = {(j + a, i + b) for j, i in SPOTS for a in range(-1, 4) for b in range(-1, 4)}
    assert len(found - near) < 5


def test_rings_go_across_panels_and_leave_out_what_is_masked(experiment):
    masks = [np.ones((NY, NX // 2), bool)] * 2
    masks[1] = masks[1].copy()
    masks[1][3, 4] = False
    ring = rings(experiment, masks, 20)
    whole = np.hstack([part.reshape(NY, NX // 2) for part in np.split(ring, 2)])
    assert whole[3, 64] == -1
    whole[3, 64] = whole[3, 55]
    np.testing.assert_array_equal(whole, whole[:, ::-1])  # the beam is in the middle
    assert whole.min() == 0
    assert whole.max() == 19
