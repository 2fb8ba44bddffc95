"""Single bad images are named, with what is wrong, and left out; good ones never are."""

from __future__ import annotations

import numpy as np
import pytest

import gnomon.steps.find_spots.step as step
from gnomon.errors import InputError
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.goniometer import Goniometer
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.models.valid_images import STRETCH
from gnomon.report.find_spots import describe
from gnomon.steps.find_spots.params import FindSpotsParams
from tests.plain_values import assert_plain

N, NX, NY, BAD = 30, 200, 192, 12


def sweep(seed=1, beam=None):
    """(N, NY, NX) counts on a background of 2, 80 spots over three images each, at an intensity of the beam (N,)."""
    rng = np.random.default_rng(seed)
    rate = np.full((N, NY, NX), 2.0)
    for z, y, x in zip(rng.integers(0, N, 80), rng.integers(5, NY - 5, 80), rng.integers(5, NX - 5, 80)):
        for dz, height in ((-1, 20), (0, 60), (1, 20)):
            if 0 <= z + dz < N:
                rate[z + dz, y - 1 : y + 2, x - 1 : x + 2] += height
    return rng.poisson(rate * (1.0 if beam is None else beam[:, None, None])).astype(np.int32)


@pytest.fixture
def found_in(monkeypatch):
    """``found_in(stack, stack...)`` is find_spots' result for sweeps of images (N, NY, NX)."""

    def run(*stacks, **params):
        class Reader:
            def __init__(self, experiment):
                self.stack = stacks[int(experiment.images.template[0])]

            def read(self, number):
                return (self.stack[number - 1],)

        monkeypatch.setattr(step, "images_of", Reader)
        monkeypatch.setattr(step, "static_mask", lambda e, more=None: (np.ones((NY, NX), bool),))
        panel = Panel(np.eye(3)[0], -np.eye(3)[1], np.array([-10.0, 8.0, -100.0]), (NX, NY), (0.1, 0.1), (-1.0, 1e6))
        items = [
            Experiment(
                Beam(),
                Detector((panel,)),
                Goniometer(),
                Scan((1, len(stack)), (0.0, 0.5)),
                images=ImageSet(template=f"{i}_#.cbf"),
            )
            for i, stack in enumerate(stacks)
        ]
        return step.find_spots(Experiments.of(items), Reflections(), FindSpotsParams(**params))

    return run


def flickering(factor):
    beam = np.ones(N)
    beam[BAD - 1] = factor
    return sweep(beam=beam)


def half_empty(value):
    stack = sweep()
    stack[BAD - 1, NY // 2 :] = value
    return stack


def flooded(share):
    stack, rng = sweep(), np.random.default_rng(5)
    hot = rng.random((NY, NX)) < share
    for dy, dx in np.ndindex(3, 3):
        stack[BAD - 1][np.roll(hot, (dy, dx), (0, 1))] += 200
    return stack


FAULTS = {
    "beam x .3": (lambda: flickering(0.3), "background is 0.3"),
    "beam x 3": (lambda: flickering(3.0), "background is 2.9"),
    "half read, zeros": (lambda: half_empty(0), "background is 0.4"),
    "half read, no value": (lambda: half_empty(-1), "0.50 of the pixels of the images around have a value"),
    "zingers": (lambda: flooded(0.002), "times as many spots"),
    "flooded": (lambda: flooded(0.05), "% of the pixels are strong"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_image_is_named_and_does_not_count(found_in, fault):
    stack, words = FAULTS[fault]
    result = found_in(stack())
    (row,) = result.summary.sweeps[0].bad
    assert row.images == (BAD,)
    assert f"image {BAD}: " in describe(result.summary)
    assert words in row.why
    assert_plain(result.summary)
    stretches = np.unique(result.reflections[STRETCH], axis=0)
    assert {tuple(s) for s in stretches} - {(0, 0)} == {(1, BAD - 1), (BAD + 1, N)}


def test_an_image_that_was_recorded_twice(found_in):
    stack = sweep()
    stack[BAD] = stack[BAD - 1]
    result = found_in(stack)
    (row,) = result.summary.sweeps[0].bad
    assert (row.images, row.left_in) == ((BAD, BAD + 1), False)
    assert f"images {BAD} to {BAD + 1} are the same to the last count" in row.why


def test_copies_all_along_are_told_and_left_in(found_in):
    stack = np.repeat(sweep()[: N // 2], 2, axis=0)
    result = found_in(stack)
    (row,) = result.summary.sweeps[0].bad
    assert row.left_in
    assert "left in" in describe(result.summary)
    assert STRETCH not in result.reflections or len(np.unique(result.reflections[STRETCH], axis=0)) == 1


def test_a_flooded_sweep_does_not_cost_the_others(found_in):
    white = sweep(2) + np.random.default_rng(3).integers(0, 2000, (N, NY, NX)).astype(np.int32)
    result = found_in(sweep(1)[:20], white[:9], max_strong_pixel_fraction=0.1)
    kept = found_in(sweep(1)[:20]).reflections
    np.testing.assert_array_equal(result.reflections["bbox"], kept["bbox"])
    assert result.summary.sweeps[1].bad[0].images == tuple(range(1, 10))
    with pytest.raises(InputError, match=r"on more than half of the 13 images, first on image 1 of experiment 0"):
        found_in(white[:9], sweep(1)[:4], max_strong_pixel_fraction=0.1)


def test_good_sweeps_have_no_bad_image(found_in):
    rng = np.random.default_rng(8)
    for seed in range(4):
        result = found_in(sweep(seed, beam=1 + 0.1 * rng.normal(size=N)))
        assert result.summary.sweeps[0].bad == ()
        assert STRETCH not in result.reflections
