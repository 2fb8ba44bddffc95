"""Axes that are wrong by little, by much and altogether are put right, to a tenth of a degree or two."""

import numpy as np
import pytest

from gnomon import find_rotation_axis
from gnomon.errors import InputError
from gnomon.models.goniometer import Goniometer
from gnomon.pipeline import STEPS
from gnomon.simulate.centroids import indexed_sweep
from gnomon.simulate.example import EXAMPLE


@pytest.fixture(scope="module")
def sweep():
    return indexed_sweep(EXAMPLE)


def told(sweep, axis, **params):
    """What is found from a goniometer that is said to turn about ``axis``; the true one is laboratory x."""
    wrong = Goniometer(np.array(axis) / np.linalg.norm(axis))
    experiments = sweep.experiments.map(lambda e: e.replace(goniometer=wrong, crystal=None))
    return find_rotation_axis(experiments, sweep.reflections, **params)


@pytest.mark.parametrize(
    ("axis", "params"),
    [((-1.0, 0.0, 0.0), {}), ((0.3, -0.95, 0.0), {}), ((1.0, 0.05, 0.0), {"global_search": False}),
     ((0.0, 1.0, 0.0), {"azimuth": 183.0, "opposite": True, "global_search": False})],
)  # fmt: skip
def test_the_true_axis_is_found(sweep, axis, params):
    result = told(sweep, axis, **params)
    (found,) = result.summary.axes
    goniometer = result.experiments[0].goniometer
    assert goniometer.lab_axis @ sweep.experiments[0].goniometer.lab_axis > np.cos(np.deg2rad(0.25))
    assert found.axis == pytest.approx(tuple(goniometer.lab_axis), abs=1e-9)
    assert found.azimuth == pytest.approx(0.0, abs=0.25)
    assert found.sharpness > 3 * max(found.sharpness_opposite, found.sharpness_before)
    assert found.spots <= 400
    assert "Rotation axis found: azimuth" in STEPS["find_rotation_axis"].describe(result)


def test_a_local_search_stays_near_what_is_given(sweep):
    (found,) = told(sweep, (0.0, 1.0, 0.0), global_search=False).summary.axes
    assert abs(found.azimuth - 90) <= 6
    assert found.sharpness < 10


def test_what_cannot_be_is_told(sweep):
    with pytest.raises(InputError, match=r"needs 50 spots, there are \d+ within max_two_theta=0.5"):
        find_rotation_axis(sweep.experiments, sweep.reflections, max_two_theta=0.5)
    stills = sweep.experiments.map(lambda e: e.replace(scan=None))
    with pytest.raises(InputError, match="experiment 0 is a still"):
        find_rotation_axis(stills, sweep.reflections)
