"""Planted dead and hot pixels are found, those and no others, from images and from spots."""

import numpy as np
import pytest

from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.io.expt import read_experiments
from gnomon.io.images.registry import open_images
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.pipeline import STEPS
from gnomon.report.find_bad_pixels import describe
from gnomon.report.find_hot_pixels import describe as words_of_hot
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams
from gnomon.step import Context
from gnomon.steps.find_bad_pixels.params import FindBadPixelsParams
from gnomon.steps.find_bad_pixels.step import find_bad_pixels
from gnomon.steps.find_hot_pixels.params import FindHotPixelsParams
from gnomon.steps.find_hot_pixels.step import find_hot_pixels
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.step import find_spots
from tests.plain_values import assert_plain

N_DEAD, N_HOT = 7, 4


@pytest.fixture(scope="module")
def experiments(tmp_path_factory) -> Experiments:
    folder = tmp_path_factory.mktemp("sweep")
    params = SimulateParams(
        images=12, width=1.0, image_size=(400, 420), dead_pixels=N_DEAD, hot_pixels=N_HOT, distance=200.0
    )
    simulate_dataset(params, folder)
    return read_experiments(folder / "truth.expt")


def test_planted_pixels_are_found_and_no_others(experiments):
    results = [
        find_bad_pixels(experiments, Reflections(), FindBadPixelsParams(), context=Context(Workers(n))) for n in (1, 3)
    ]
    (one,) = results[0].product.found
    (first,) = open_images(experiments[0].images).read(1)
    assert (first == -2).sum() == N_DEAD  # the others below zero are gaps
    np.testing.assert_array_equal(one["no data"][:, 1:], np.argwhere(first < 0)[:, ::-1])
    assert [len(one[kind]) for kind in ("hot", "dead", "warm")] == [N_HOT, 0, 0]
    ((mask,),) = results[0].product.masks
    assert not mask[tuple(one["hot"][:, :0:-1].T)].any()
    np.testing.assert_array_equal(mask, results[1].product.masks[0][0])
    x, y = one["hot"][0, 1:]
    assert f"{N_HOT} hot (above its neighbours on most images): {x},{y}" in describe(results[0].summary)
    assert_plain(results[0].summary)


def test_hot_pixels_are_found_from_spots_too(experiments):
    (one,) = find_bad_pixels(experiments, Reflections(), FindBadPixelsParams()).product.found
    everything = FindSpotsParams(shoeboxes=True, max_separation=100.0, min_spot_size=1, max_spot_size=100_000)
    spots = find_spots(experiments, Reflections(), everything).reflections
    result = find_hot_pixels(experiments, spots, FindHotPixelsParams())
    np.testing.assert_array_equal(result.product.hot[0], one["hot"])
    assert words_of_hot(result.summary).startswith(f"image set 0, {len(spots)} spots: {N_HOT} hot pixels: ")
    assert_plain(result.summary)
    ((mask,),) = result.product.masks
    assert not mask[tuple(one["hot"][:, :0:-1].T)].any()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"image_range": (2, 6)}, "needs 6 images .* gives 5"),
        ({"images": (1, 2, 3, 4, 5, 60)}, "images=1,...,60: experiment 0 has images 1 to 12"),
        ({"image_range": (1, 13)}, "image_range=1,13: experiment 0 has images 1 to 12"),
        ({"image_range": (1, 10**12)}, "image_range=1,1000000000000: experiment 0 has images 1 to 12"),
    ],
)
def test_too_few_images_and_images_that_are_not_there_are_errors(experiments, params, message):
    with pytest.raises(InputError, match=message):
        find_bad_pixels(experiments, Reflections(), FindBadPixelsParams(**params))


def test_images_are_spread_over_the_scan(experiments):
    (one,) = find_bad_pixels(experiments, Reflections(), FindBadPixelsParams(max_images=6)).summary.sets
    assert one.images == 6


def test_spots_without_pixels_and_experiments_without_images_are_errors(experiments):
    spots = find_spots(experiments, Reflections(), FindSpotsParams()).reflections
    with pytest.raises(InputError, match=r"output\.shoeboxes=true"):
        find_hot_pixels(experiments, spots, FindHotPixelsParams())
    with pytest.raises(InputError, match="run import first"):
        STEPS["find_bad_pixels"](experiments.map(lambda e: e.replace(images=None)))
