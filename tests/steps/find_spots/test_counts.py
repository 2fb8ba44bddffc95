"""Pedestals are taken off, shown ones are told, and noise about zero is met with the test that suits it."""

from dataclasses import replace

import numpy as np
import pytest

import gnomon.steps.find_spots.step as step
from gnomon.maths.images.signed_counts import is_signed
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.goniometer import Goniometer
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.report.find_spots import describe
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.threshold import counts_of, pedestal_shown
from tests.plain_values import assert_plain

N, NX, NY = 6, 256, 224
CENTRES = [(20, 30), (120, 200), (60, 8), (180, 90)]  # y, x
PANEL = Panel(np.eye(3)[0], -np.eye(3)[1], np.array([-12.0, 11.0, -100.0]), (NX, NY), (0.1, 0.1), (-1.0, 60000.0))


def photons(seed=1):
    """(N, NY, NX) counts on a background that falls off, with spots over three images."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:NY, :NX]
    stack = rng.poisson(1 + 12 * np.exp(-np.hypot(x - 120, y - 110) / 60), (N, NY, NX)).astype(np.int32)
    for y0, x0 in CENTRES:
        stack[1:4, y0 - 1 : y0 + 2, x0 - 1 : x0 + 2] += 60
    return stack


@pytest.fixture
def spots_in(monkeypatch):
    """``spots_in(stack, panel=..., **params)`` is find_spots' result for images (N, NY, NX)."""

    def run(stack, panel=PANEL, **params):
        class Reader:
            def read(self, number):
                return (stack[number - 1],)

        monkeypatch.setattr(step, "images_of", lambda experiment: Reader())
        monkeypatch.setattr(step, "static_mask", lambda e, more=None: (np.ones((NY, NX), bool),))
        scan = Scan((1, N), (0.0, 0.5))
        e = Experiment(Beam(), Detector((panel,)), Goniometer(), scan, images=ImageSet(template="a_#.cbf"))
        return step.find_spots(Experiments.of([e]), Reflections(), FindSpotsParams(**params))

    return run


@pytest.mark.parametrize("algorithm", ["dispersion_extended", "dispersion", "radial_profile"])
def test_spots_are_the_same_above_a_pedestal_that_is_known(spots_in, algorithm):
    plain = spots_in(photons(), algorithm=algorithm).reflections
    above = spots_in(photons() + 40, replace(PANEL, pedestal=40.0), algorithm=algorithm).reflections
    assert len(plain) >= len(CENTRES)
    for name in ("xyzobs.px.value", "intensity.sum.value", "bbox"):
        np.testing.assert_array_equal(above[name], plain[name])


def test_a_pedestal_that_no_header_tells_is_told(spots_in):
    result = spots_in(photons() + 40)
    (line,) = result.summary.sentences
    told = float(line.split("as if ")[1].split()[0])
    assert told == pytest.approx(40, abs=2)
    assert line in describe(result.summary)
    assert_plain(result.summary)
    assert spots_in(photons()).summary.decisions == ()
    assert spots_in(photons() + 40, replace(PANEL, pedestal=40.0)).summary.decisions == ()


@pytest.mark.parametrize("gain", [0.5, 1.0, 3.0])
def test_a_gain_shows_no_pedestal(gain):
    rng = np.random.default_rng(2)
    image = np.rint(gain * rng.poisson(np.linspace(5, 60, NX), (NY, NX))).astype(np.int32)
    mask = [np.ones((NY, NX), bool)]
    assert counts_of([image], mask, [PANEL]).hidden_pedestal == 0
    assert counts_of([image + 100], mask, [PANEL]).hidden_pedestal == pytest.approx(100, rel=0.05)


def test_pixels_that_count_nothing_rule_a_pedestal_out():
    rng = np.random.default_rng(6)
    image = 100 + rng.poisson(np.linspace(5, 60, NX), (NY, NX)).astype(np.int32)
    image[:10] = rng.poisson(3.0, (10, NX))  # in a shadow
    assert counts_of([image], [np.ones((NY, NX), bool)], [PANEL]).hidden_pedestal == 0


def test_too_even_a_background_shows_no_pedestal():
    rng = np.random.default_rng(3)
    mean = np.full(40, 50.0)
    assert pedestal_shown(mean + rng.normal(0, 0.5, 40), mean + rng.normal(0, 2, 40)) == 0


def signed():
    """The same spots on noise of 5 counts about zero, in which -1 marks nothing."""
    stack = np.rint(np.random.default_rng(4).normal(0, 5, (N, NY, NX))).astype(np.int32)
    for y0, x0 in CENTRES:
        stack[1:4, y0 - 1 : y0 + 2, x0 - 1 : x0 + 2] += 80
    return stack


def test_noise_about_zero_is_recognised_and_searched_by_radial_profile(spots_in):
    result = spots_in(signed())
    found = result.reflections["xyzobs.px.value"]
    assert result.summary.algorithm == "radial_profile"
    assert "noise about zero" in describe(result.summary)
    assert len(found) == len(CENTRES)
    for y, x in CENTRES:
        assert np.abs(found[:, :2] - (x + 0.5, y + 0.5)).max(axis=1).min() < 0.3


def test_a_test_that_was_asked_for_is_made_and_doubted(spots_in):
    result = spots_in(signed(), algorithm="dispersion_extended")
    assert result.summary.algorithm == "dispersion_extended"
    assert "threshold.algorithm=radial_profile does not" in describe(result.summary)


def test_marks_of_gaps_and_dead_pixels_are_no_noise():
    values = np.random.default_rng(5).poisson(1.0, 10_000)
    values[:3000], values[3000:3500] = -1, -2
    assert not is_signed(values)
