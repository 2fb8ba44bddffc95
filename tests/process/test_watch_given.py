"""gnomon watch with what the user knows better than the headers: the parameters of import."""

import numpy as np
import pytest

from gnomon.io.images.arrivals import FileArrivals
from gnomon.models.reflections import Reflections
from gnomon.process.watch.follow import Follow
from gnomon.process.watch.params import WatchParams
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.step import find_spots
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images

SHAPE = (120, 130)
HEADER = {"Beam_xy": "(60, 60)", "Detector_distance": "0.06 m"}


@pytest.fixture
def image(tmp_path, write_cbf):
    """``image(pixels, ...)`` writes one image with spots of three strengths, and gives its folder and pixels."""

    def write(pixels=None, **changes):
        if pixels is None:
            pixels = np.random.default_rng(1).poisson(2.0, SHAPE).astype(np.int32)
            for k, (y, x) in enumerate([(20, 30), (20, 90), (60, 40), (90, 100), (100, 20)]):
                pixels[y : y + 3, x : x + 3] += 60 + 60 * k
        write_cbf(tmp_path / "a_0001.cbf", pixels, **{**HEADER, **changes})
        return tmp_path

    return write


def counts_of(folder, **params):
    (seen,) = Follow(FileArrivals(str(folder)), WatchParams(timeout=0.3, **params))
    assert seen.error == ""
    return seen.counts


def test_a_trusted_range_that_is_given_holds(image):
    folder = image()
    assert counts_of(folder).n_spots == 5
    assert counts_of(folder, trusted_range=(0.0, 200.0)).n_spots < 5  # the brightest pixels are none


def test_the_distance_that_is_given_sets_the_resolution(image):
    pixels = np.random.default_rng(3).poisson(2.0, SHAPE).astype(np.int32)
    for y in range(6, 110, 14):
        for x in range(6, 120, 14):
            pixels[y : y + 3, x : x + 3] += 90
    folder = image(pixels)
    near, far = counts_of(folder), counts_of(folder, distance=240.0)
    assert far.d_min > 2 * near.d_min
    assert counts_of(folder, wavelength=2 * 0.9795).d_min > 1.5 * near.d_min
    assert counts_of(folder, fast_slow_beam_centre=(10.0, 10.0)).d_min < near.d_min


def test_gain_and_pedestal(image):
    rng = np.random.default_rng(2)
    pixels = 40 + 8 * rng.poisson(2.0, SHAPE).astype(np.int32)
    pixels[50:53, 60:63] += 400
    folder = image(pixels)
    assert counts_of(folder, gain=8.0, pedestal=40.0).n_spots == 1
    imported = import_images([str(folder)], ImportParams(gain=8.0, pedestal=40.0)).experiments
    assert len(find_spots(imported, Reflections(), FindSpotsParams(force_2d=True)).reflections) == 1


def test_a_header_that_tells_no_distance_is_followed_once_it_is_given(image):
    folder = image(Detector_distance="0 m")
    follow = Follow(FileArrivals(str(folder)), WatchParams(timeout=0.3))
    assert list(follow) == []
    assert "distance=..." in next(iter(follow.damaged.values()))
    assert counts_of(folder, distance=60.0).n_spots == 5


def test_what_import_would_refuse_is_refused():
    with pytest.raises(ValueError, match="the beam centre is given more than once"):
        WatchParams(fast_slow_beam_centre=(1.0, 2.0), mosflm_beam_centre=(1.0, 2.0))
