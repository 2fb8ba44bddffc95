"""Spots too faint for a strong pixel on any image are found in sums of images; nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest

from gnomon.distribute.workers import Workers
from gnomon.models.detector import Detector, Panel
from gnomon.models.reflections import Reflections
from gnomon.simulate.assess.spots import is_found, strong_rows
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.example import EXAMPLE
from gnomon.step import Context
from gnomon.steps.find_spots import sums
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.step import find_spots
from gnomon.steps.find_spots.sums import (
    Cells,
    Instrument,
    Scale,
    SpotsInSums,
    Summed,
    best_scale,
    scales_to_try,
    stretches,
    unite,
)
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images

N, IMAGES, LEVEL = 120, 40, 0.05
PANEL = Panel(np.eye(3)[0], -np.eye(3)[1], np.array([-10.0, 10.0, -100.0]), (N, N), (0.172, 0.172), (0, 1000))
NONE = Reflections(
    {
        "panel": np.zeros(0, np.int32),
        "xyzobs.px.value": np.zeros((0, 3)),
        "intensity.sum.value": np.zeros(0),
        "bbox": np.zeros((0, 6), np.int32),
    }
)


@pytest.fixture(scope="module")
def faint():
    """Images with 36 spots of 150 photons over some 16 images, the true centroids, and a pixel that is always hot."""
    rng = np.random.default_rng(3)
    at = np.arange(10, N, 20) + 0.5
    x, y = (axis.ravel() for axis in np.meshgrid(at, at))
    true = np.column_stack([x, y, rng.uniform(8, IMAGES - 8, len(x))]) + rng.uniform(-2, 2, (len(x), 3)) * (1, 1, 0)
    images = rng.poisson(LEVEL, (IMAGES, N, N)).astype(np.int32)
    for centre in true:
        place = np.floor(rng.normal(centre, (1.2, 1.2, 3.0), (150, 3))).astype(int)
        inside = ((place >= 0) & (place < (N, N, IMAGES))).all(axis=1)
        np.add.at(images, tuple(place[inside, ::-1].T), 1)
    images[:, 60:62, 60:63] = 40
    return images, true


SCALE = Scale(8, 2, 60)


def searched(images, scale=SCALE, known=NONE, **params):
    cells = Cells.of(Detector((PANEL,)), [np.ones((N, N), bool)], scale.pixels)
    search = SpotsInSums(cells, scale, FindSpotsParams(**params), known)
    for z, image in images:
        search.add(z, cells.counts([image]))
    return search.finish()


def matched(table, true):
    """Rows of the nearest spots to each true centroid, and how far these are."""
    away = table["xyzobs.px.value"][:, None] - true
    row = np.abs(away / (1, 1, 2)).max(axis=2).argmin(axis=0)
    return row, away[row, np.arange(len(true))]


@pytest.mark.parametrize("pixels", [1, 2])
def test_faint_spots_are_found_with_centroids_and_counts_of_the_images(faint, pixels):
    images, true = faint
    table = searched(enumerate(images), Scale(8, pixels, 60)).table
    row, away = matched(table, true)
    found = (np.abs(away) < (1, 1, 2)).all(axis=1)
    assert found.mean() > 0.97
    assert len(table) - found.sum() <= 2  # neither noise nor what is hot on all images
    rms = np.sqrt((away[found] ** 2).mean(axis=0))
    assert (rms < (0.2, 0.2, 0.45)).all()  # 1.2 / sqrt(150) and 3 / sqrt(150), and the background's share
    assert (np.abs(away[found].mean(axis=0)) < 3 * rms / np.sqrt(found.sum())).all()
    counts = table["intensity.sum.value"][row[found]]
    assert counts.mean() == pytest.approx(150, rel=0.1 if pixels == 2 else 0.25)  # the tails are not strong
    variance = table["xyzobs.px.variance"][row[found], 2] - 1 / 12
    assert np.median(variance) == pytest.approx(9 / 150, rel=0.4)


def test_rounds_change_nothing(faint, monkeypatch):
    images, _ = faint
    whole = searched(enumerate(images)).table
    monkeypatch.setattr(sums, "_ENOUGH", 1)
    some = searched(enumerate(images)).table
    order, other = (np.lexsort(t["xyzobs.px.value"].T) for t in (whole, some))
    assert len(some) == len(whole)
    for name in whole:
        np.testing.assert_allclose(some[name][other], whole[name][order], rtol=1e-12)


def test_images_apart_are_not_added_up(faint):
    images, true = faint
    table = searched([(z if z < 20 else z + 5, image) for z, image in enumerate(images)]).table
    inner = (true[:, 2] < 12) | (true[:, 2] > 28)
    shifted = true + np.outer(true[:, 2] >= 20, (0, 0, 5))
    _, away = matched(table, shifted[inner])
    assert (np.abs(away) < (1, 1, 2)).all(axis=1).mean() > 0.9
    assert not ((table["bbox"][:, 4] < 20) & (table["bbox"][:, 5] > 25)).any()


def test_what_the_ends_cut_stays_out(faint):
    images, true = faint
    cut = np.abs(true[:, 2] - 25).argmin()  # of this one half is left
    table = searched(enumerate(images[: round(true[cut, 2])])).table
    assert len(table) > 5
    _, away = matched(table, true[[cut]])
    assert not (np.abs(away) < (2, 2, 6)).all(axis=1).any()


def spot(at, counts, extent=(5, 5, 3)):
    low = np.floor(np.array(at) - np.array(extent) / 2).astype(np.int32)
    return at, counts, np.column_stack([low, low + np.array(extent)]).ravel()


def table_of(*spots):
    at, counts, box = (np.array(column) for column in zip(*spots))
    panel = np.zeros(len(at), np.int32)
    return Reflections({"panel": panel, "xyzobs.px.value": at, "intensity.sum.value": counts * 1.0, "bbox": box})


def test_of_each_spot_the_better_stays_once():
    fine = table_of(
        spot((10.0, 10, 5), 900), spot((10.0, 13, 9), 20),  # nearly all, and a piece
        spot((30.0, 10, 5), 100), spot((30.0, 10, 8), 50),  # pieces: 50 is a third of both
        spot((50.0, 10, 5), 100),  # a tenth of what it belongs to
        spot((70.0, 10, 5), 100),  # in nothing
    )  # fmt: skip
    found = table_of(*(spot((x + 0.3, 10.0, 6), 1000, (7, 7, 9)) for x in (10, 30, 50, 90)))
    united = unite(fine, Summed(found, np.array([0, 0, 1, 1, 2, -1])))
    x = np.sort(united.table["xyzobs.px.value"][:, 0])
    np.testing.assert_allclose(x, [10, 30, 30, 50.3, 70, 90.3])
    assert (united.new, united.measured_anew, united.pieces) == (1, 1, 2)


def deep(depth, n=100, edge=5):
    return table_of(*(spot((10.0 + i, 10, 20), 10 + i, (edge, edge, depth)) for i in range(n)))


INSTRUMENT = Instrument(1_000_000, 0.172, 0.1)


@pytest.mark.parametrize(
    ("spots", "scales"),
    [
        (deep(3), []),
        (deep(4), []),
        (deep(6), [(4, 1)]),
        (deep(20), [(6, 1)]),
        (deep(9, edge=13), [(4, 3)]),
        (deep(60), [(16, 1)]),
        (deep(3, n=10), [(4, 1), (8, 1)]),  # too few to tell
    ],
)
def test_what_is_tried_follows_the_spots(spots, scales):
    found = scales_to_try(spots, 100, INSTRUMENT, FindSpotsParams())
    assert [(s.images, s.pixels) for s in found] == scales


def test_nothing_is_tried_where_a_sum_would_turn_too_far_or_is_not_wanted():
    few = deep(3, n=10)
    assert scales_to_try(few, 100, replace(INSTRUMENT, width=1.0), FindSpotsParams()) == []
    assert scales_to_try(deep(9), 100, INSTRUMENT, FindSpotsParams(sum_images=1)) == []
    assert scales_to_try(deep(9), 3, INSTRUMENT, FindSpotsParams()) == []
    (asked,) = scales_to_try(deep(3), 100, INSTRUMENT, FindSpotsParams(sum_images=6))
    assert asked.images == 6
    (large,) = scales_to_try(deep(60), 100, replace(INSTRUMENT, pixels=18_000_000), FindSpotsParams())
    assert large.images * 18_000_000 * 2 <= 250_000_000


def test_it_is_tried_on_stretches_of_long_sweeps():
    images, scale = list(range(1, 1001)), Scale(4, 1, 60)
    some = stretches(images, scale)
    assert len(some) == 3
    assert all(np.diff(part).tolist() == [1] * (len(part) - 1) for part in some)
    assert sum(map(len, some)) < 40
    assert stretches(images[:50], scale) == [images[:50]]


def test_no_scale_where_little_is_gained():
    known = deep(9)
    nothing = Summed(NONE.select(np.zeros(0, int)), np.full(len(known), -1))
    choice = best_scale([*range(1, 41)], known, [Scale(4, 1, 60)], lambda images, scale, spots: nothing)
    assert (choice.scale, choice.gained, choice.known) == (None, 0, 100)


@pytest.fixture(scope="module")
def dim(tmp_path_factory):
    """0.1 degree images of a dim crystal of 0.2 degrees, and its truth."""
    folder = tmp_path_factory.mktemp("dim")
    params = EXAMPLE.changed(width=0.1, mosaicity=0.2, images=60, distance=150.0, mean_intensity=8.0, seed=45)
    truth = simulate_dataset(params, folder)
    return import_images([str(folder)], ImportParams()).experiments, truth


def test_a_dim_finely_sliced_sweep(dim):
    experiments, truth = dim
    rows = strong_rows(truth)
    rows = rows[truth.reflections.partiality[rows] > 0.95]
    alone = find_spots(experiments, Reflections(), FindSpotsParams(sum_images=1))
    found = find_spots(experiments, Reflections(), FindSpotsParams())
    share = [is_found(truth, rows, r.reflections["xyzobs.px.value"]).mean() for r in (alone, found)]
    assert share[0] < 0.9
    assert share[1] > 0.97
    assert "sums of 4 were searched as well" in found.summary.sentences[-1]
    sweep = found.summary.sweeps[0]
    assert sum(sweep.spots) == len(found.reflections)
    assert len(alone.reflections) + sum(sweep.sums.values()) == len(found.reflections)
    threads = find_spots(experiments, Reflections(), FindSpotsParams(), context=Context(Workers(3)))
    for name in found.reflections:
        np.testing.assert_array_equal(threads.reflections[name], found.reflections[name])


def test_shoeboxes_are_of_single_images(dim):
    experiments, _ = dim
    found = find_spots(experiments, Reflections(), FindSpotsParams(shoeboxes=True))
    assert "have no shoeboxes" not in found.summary.sentences[-1]
    assert "no shoeboxes" in found.summary.sentences[-1]
    assert len(found.reflections["shoebox"]) == len(found.reflections)
