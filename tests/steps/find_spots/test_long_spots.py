"""Spots of finely sliced sweeps: pieces are joined, and limits follow the spots, where the data show it."""

import numpy as np
import pytest

from gnomon.models.detector import Detector, Panel
from gnomon.models.reflections import Reflections
from gnomon.steps.find_spots import joining
from gnomon.steps.find_spots import spots as spot_finding
from gnomon.steps.find_spots.joining import HUGE, are_large, limits_for
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.spots import find_components, gather
from gnomon.steps.find_spots.threshold import StrongPixels

N = 160  # px, both ways
DETECTOR = Detector(
    (Panel(np.eye(3)[0], -np.eye(3)[1], np.array([-13.0, 13.0, -100.0]), (N, N), (0.172, 0.172), (0, 1000)),)
)
STEP = 20  # px between spots


def sweep(seed, depth, photons, n_images, width=1.2):
    """(z, strong pixels, of 2 photons) of ``n_images`` with spots on a grid, and the true centroids (n, 3) of these.

    depth: images, r.m.s.; width: px, r.m.s.
    """
    rng = np.random.default_rng(seed)
    at = np.arange(STEP // 2, N, STEP) + 0.5
    x, y = (axis.ravel() for axis in np.meshgrid(at, at))
    true = np.column_stack([x, y, rng.uniform(3 * depth, n_images - 3 * depth, len(x))])
    true[:, :2] += rng.uniform(-2, 2, (len(x), 2))
    images = np.zeros((n_images, N, N), np.int32)
    for centre in true:
        place = np.floor(rng.normal(centre, (width, width, depth), (photons, 3))).astype(int)
        inside = ((place >= 0) & (place < (N, N, n_images))).all(axis=1)
        np.add.at(images, tuple(place[inside, ::-1].T), 1)
    images += rng.random(images.shape) < 0.002
    strong = [np.flatnonzero(image.ravel() >= 2) for image in images]
    return [(z, [StrongPixels(s.astype(np.int32), images[z].ravel()[s])]) for z, s in enumerate(strong)], true


def found_in(images, **params):
    spots = spot_finding.SpotStream(DETECTOR, FindSpotsParams(**params))
    for z, strong in images:
        spots.add(z, strong)
    return spots.finish()


def share_found(table, true, reach=(1.0, 1.0, 6.0)):
    near = np.abs(table["xyzobs.px.value"][:, None] - true) < reach
    return near.all(axis=2).any(axis=0).mean()


@pytest.fixture(scope="module")
def long_spots():
    """1500 photons over 60 images: a pixel counts one or two on each."""
    return sweep(1, 12.0, 1500, 120)


def test_long_spots_are_found_whole(long_spots):
    images, true = long_spots
    found = found_in(images)
    assert share_found(found.table, true) > 0.95
    assert len(found.table) < 2 * len(true)
    assert len(found.decisions) == 2
    assert "pieces of spots, joined over up to" in str(found.decisions[0])
    assert "limits of size and separation follow" in str(found.decisions[1])
    table = found.table.select(found.table["n_signal"] > 100)
    nearest = np.abs(table["xyzobs.px.value"][:, None] - true).sum(axis=2).argmin(axis=1)
    error = table["xyzobs.px.value"] - true[nearest]
    assert np.abs(error.mean(axis=0)).max() < 0.2
    assert (np.sqrt((error**2).mean(axis=0)) < (0.15, 0.15, 1.5)).all()


def test_they_fall_to_pieces_where_nothing_is_joined(long_spots):
    images, true = long_spots
    found = found_in(images, max_gap=0, max_spot_size=1000, max_separation=2.0)
    assert share_found(found.table, true) < 0.3
    assert len(found.table) > 3 * len(true)
    assert found.decisions == ()


@pytest.mark.parametrize("enough", [1, 5000])
def test_what_the_beginning_tells_holds_to_the_end_however_often_spots_are_measured(long_spots, monkeypatch, enough):
    images, true = long_spots
    monkeypatch.setattr(joining, "BEGINNING_PIXELS", 20_000)
    monkeypatch.setattr(spot_finding, "_ENOUGH", enough)
    found = found_in(images)
    expected, removed = find_components(gather(images, DETECTOR), DETECTOR, FindSpotsParams())
    assert share_found(found.table, true) > 0.95
    assert found.removed == removed
    for name in expected:
        np.testing.assert_array_equal(found.table[name], expected[name])


def test_reflections_that_follow_each_other_are_not_joined():
    """Spots of three images, again and again after one without: a sweep whose images repeat, or rows of reflections."""
    images, _ = sweep(3, 0.6, 300, 4)
    found = found_in([(z, images[z % 4][1]) for z in range(60)])
    usual = found_in([(z, images[z % 4][1]) for z in range(60)], max_gap=0)
    assert len(found.table) == len(usual.table) > 500


@pytest.mark.parametrize("depth", [0.4, 1.0])
def test_ordinary_sweeps_keep_their_limits(depth):
    images, true = sweep(2, depth, 600, 60)
    found = found_in(images)
    usual = found_in(images, max_gap=0, max_spot_size=1000, max_separation=2.0)
    assert found.decisions == ()
    assert found.removed == usual.removed
    for name in found.table:
        np.testing.assert_array_equal(found.table[name], usual.table[name])
    assert share_found(found.table, true, (1.0, 1.0, 1.0)) > 0.95


def table_of(extent, n=200):
    """Spots with boxes of ``extent`` pixels and images."""
    box = np.zeros((n, 6), np.int32)
    box[:, 1::2] = extent
    counts = np.linspace(10, 1000, n)
    return Reflections({"bbox": box, "n_signal": np.full(n, 9, np.int32), "intensity.sum.value": counts})


@pytest.mark.parametrize(
    ("extent", "large"),
    [((5, 5, 3), False), ((6, 6, 4), False), ((5, 5, 7), False), ((5, 5, 12), True), ((14, 11, 9), True)],
)
def test_what_is_large(extent, large):
    assert are_large(table_of(extent)) is large
    assert not are_large(table_of(extent, 50))  # few spots tell nothing


@pytest.mark.parametrize(("extent", "size", "z"), [((18, 18, 16), 36_000, 4.0), ((90, 90, 40), HUGE, 10.0)])
def test_limits_grow_with_large_spots(extent, size, z):
    limits = limits_for(table_of(extent), FindSpotsParams(), True)
    assert (limits.size, limits.separation, limits.scale[2]) == (size, 2.0, z)
    assert "follow" in limits.reason
    limits = limits_for(table_of(extent), FindSpotsParams(), False)
    assert (limits.size, limits.separation, limits.scale.tolist(), limits.reason) == (1000, 2.0, [1.0] * 3, "")


def test_what_is_asked_for_stays():
    limits = limits_for(table_of((18, 18, 16)), FindSpotsParams(max_spot_size=500), True)
    assert (limits.size, limits.scale.tolist()) == (500, [3.0, 3.0, 4.0])
    limits = limits_for(table_of((18, 18, 16)), FindSpotsParams(max_separation=3.0), True)
    assert (limits.size, limits.separation, limits.scale.tolist()) == (36_000, 3.0, [1.0, 1.0, 1.0])


def test_a_beginning_without_crystal_tells_nothing(long_spots, monkeypatch):
    """150 images of noise, with more strong pixels than are waited for, then the crystal."""
    monkeypatch.setattr(joining, "BEGINNING_PIXELS", 5_000)
    monkeypatch.setattr(spot_finding, "_ENOUGH", 20_000)
    images, _ = long_spots
    rng, n = np.random.default_rng(4), 150
    noise = [np.sort(rng.choice(N * N, 40, replace=False)).astype(np.int32) for _ in range(n)]
    blank = [(z, [StrongPixels(s, np.full(len(s), 2, np.int32))]) for z, s in enumerate(noise)]
    late = blank + [(z + n, strong) for z, strong in images]
    found, alone = found_in(late), found_in(images)
    assert any("pieces of spots" in reason for reason in map(str, found.decisions))
    assert (found.table["bbox"][:, 5] > n).sum() == pytest.approx(len(alone.table), rel=0.05)
    whole, _ = find_components(gather(late, DETECTOR), DETECTOR, FindSpotsParams())
    np.testing.assert_array_equal(whole["bbox"], found.table["bbox"])
