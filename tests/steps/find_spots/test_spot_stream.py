"""Spots found while images come are those of the whole sweep, bit for bit, and what is kept does not grow."""

import numpy as np
import pytest

from gnomon.models.detector import Detector, Panel
from gnomon.steps.find_spots import joining
from gnomon.steps.find_spots import spots as spot_finding
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.spots import find_components, gather
from gnomon.steps.find_spots.threshold import StrongPixels

NX, NY = 17, 13


def panel(x0):
    axis = np.eye(3)
    return Panel(axis[0], -axis[1], np.array([x0, 5.0, -100.0]), (NX, NY), (0.172, 0.172), (0, 1000))


DETECTOR = Detector((panel(-7.0), panel(8.0)))


def strong_pixels(volume):
    """(panel, slow, fast) counts as strong pixels where they are not zero."""
    return [StrongPixels(np.flatnonzero(p).astype(np.int32), p[p > 0].astype(np.int32)) for p in volume]


def streamed(images, params):
    stream_ = spot_finding.SpotStream(DETECTOR, params)
    for z, strong in images:
        stream_.add(z, strong)
    found = stream_.finish()
    return found.table, found.removed


def assert_same(table, other):
    assert list(table) == list(other)
    for name in table:
        if name != "shoebox":
            np.testing.assert_array_equal(table[name], other[name], err_msg=name)
            assert table[name].dtype == other[name].dtype
            continue
        for field in ("panel", "bbox", "offsets", "data", "mask"):
            np.testing.assert_array_equal(getattr(table[name], field), getattr(other[name], field), err_msg=field)


@pytest.mark.parametrize("seed", range(30))
def test_as_if_all_images_were_there(monkeypatch, seed):
    rng = np.random.default_rng(seed)
    n, fill = rng.integers(1, 25), rng.choice([0.05, 0.2, 0.3, 0.45])
    volume = rng.integers(1, 50, (n, 2, NY, NX)) * (rng.random((n, 2, NY, NX)) < fill)
    places = np.cumsum(rng.integers(1, 3, n)) if seed % 3 == 0 else np.arange(n)  # some images may be left out
    images = [(int(z), strong_pixels(image)) for z, image in zip(places, volume)]
    params = FindSpotsParams(
        min_spot_size=int(rng.integers(1, 4)),
        max_spot_size=int(rng.choice([10, 50, 1000])),
        max_separation=float(rng.choice([1, 100])),
        max_gap=[0, 1, 3, None][seed % 4],
        force_2d=bool(seed % 5 == 0),
        shoeboxes=bool(seed % 2),
    )
    monkeypatch.setattr(spot_finding, "_ENOUGH", int(rng.choice([1, 30, 200])))
    monkeypatch.setattr(joining, "BEGINNING_PIXELS", 400)
    monkeypatch.setattr(joining, "BEGINNING_IMAGES", 5)
    monkeypatch.setattr(joining, "ENOUGH_GROUPS", 10)
    table, removed = streamed(images, params)
    expected, gone = find_components(gather(images, DETECTOR), DETECTOR, params)
    assert removed == gone
    assert_same(table, expected)


@pytest.mark.parametrize("gap", [0, 2])
def test_a_spot_without_end_keeps_only_its_last_images(monkeypatch, gap):
    """Two columns of pixels, joined in the first image, then apart, are one that is too large, however long."""
    monkeypatch.setattr(spot_finding, "_ENOUGH", 1)
    found = spot_finding.SpotStream(
        DETECTOR, FindSpotsParams(max_spot_size=20, min_spot_size=1, max_separation=2.0, max_gap=gap)
    )
    for z in range(100):
        image = np.zeros((2, NY, NX), int)
        image[0, 3, [4, 6]] = 9
        image[0, 3, 5] = 9 * (z == 0)
        found.add(z, strong_pixels(image))
        assert len(found._open.x) <= 20 + 2 * (gap + 1)
    assert len(found._open.x) == 2 * (gap + 1)
    spots = found.finish()
    assert len(spots.table) == 0
    assert spots.removed["larger than 20 px"] == 1


@pytest.mark.parametrize(("gap", "spots"), [(0, 3), (1, 2), (2, 1)])
def test_pieces_are_joined_over_as_many_images_as_are_asked_for(monkeypatch, gap, spots):
    """A pixel that is strong on images 0, 1, 3, 4 and 7."""
    monkeypatch.setattr(spot_finding, "_ENOUGH", 1)
    image = np.zeros((2, NY, NX), int)
    image[1, 4:7, 8] = 9
    images = [(z, strong_pixels(image * (z in (0, 1, 3, 4, 7)))) for z in range(12)]
    table, _ = streamed(images, FindSpotsParams(max_gap=gap, min_spot_size=1, max_separation=100))
    assert len(table) == spots
    assert table["n_signal"].sum() == 15


def test_no_images_no_spots():
    table, removed = streamed([(0, strong_pixels(np.zeros((2, NY, NX), int)))], FindSpotsParams())
    assert len(table) == 0
    assert set(removed.values()) == {0}
