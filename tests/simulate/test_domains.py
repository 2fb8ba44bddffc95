"""Split and jumping crystals: one reflection in the truth, and the photons where it says."""

import numpy as np
import pytest

from gnomon.models.goniometer import rotation_about
from gnomon.simulate.dataset import _rows_by_image, crystal_turns, simulate_dataset
from gnomon.simulate.domains import domains_of, jump_vector, split_vector
from gnomon.simulate.ewald import crossings
from gnomon.simulate.image import Pixels, Scene, expected_image
from gnomon.simulate.recorded import recorded_reflections
from gnomon.simulate.spots import all_spots
from gnomon.simulate.structure_factors import true_intensities
from gnomon.simulate.truth import load_truth


@pytest.fixture(scope="module")
def narrow(params):
    return params.changed(mosaicity=0.05, images=80, width=0.1, gaps=False, dead_pixels=0, hot_pixels=0)


@pytest.fixture(scope="module")
def images_of(instrument, setting):
    """The scene of a crystal, its expected images without background, and its true reflections."""

    def simulated(params):
        spots = all_spots(params, instrument, true_intensities(params, 2.3), [setting])
        pixels = Pixels.of(params, instrument, np.zeros((619, 487)))
        scene = Scene(params, instrument, pixels, spots, np.ones(params.images), np.ones(params.images))
        parts = [expected_image(scene, rows, n) for n, rows in enumerate(_rows_by_image(params, spots), 1)]
        return scene, np.array([rate for rate, _ in parts]), recorded_reflections(scene, [r for _, r in parts])

    return simulated


REACH = np.array([9, 9, 15])  # px, px, images


def alone(truth, images):
    """Rows of whole true reflections, strong ones, with no other within twice the reach, away from all edges."""
    inner = ((truth.xyz > REACH) & (truth.xyz < np.array(images.shape[::-1]) - REACH)).all(axis=1)
    apart = (np.abs(truth.xyz[:, None] - truth.xyz[None]) / REACH).max(axis=2)
    np.fill_diagonal(apart, np.inf)
    return np.flatnonzero(inner & (apart.min(axis=1) > 2) & (truth.partiality > 0.999) & (truth.counts > 50))


def is_sharp(scene, truth):
    """(N,) bool: whether a true reflection's rocking curve is narrower than 0.09 degrees, one sigma."""
    spots = scene.spots
    narrow = spots.covariance[:, 2, 2] < np.deg2rad(0.09) ** 2
    sharp = {(*h, e) for h, e in zip(spots.hkl[narrow].tolist(), spots.entering[narrow].tolist())}
    return np.array([(*h, e) in sharp for h, e in zip(truth.hkl.tolist(), truth.entering.tolist())])


def measured(images, xyz):
    """Counts and centroid (x, y, z) of the photons within reach of a place."""
    edges = [(int(v) - reach, int(v) + reach + 1) for v, reach in zip(xyz, REACH)][::-1]
    box = images[tuple(slice(*pair) for pair in edges)]
    axes = np.meshgrid(*(np.arange(*pair) + 0.5 for pair in edges), indexing="ij")
    return box.sum(), [(box * axis).sum() / box.sum() for axis in axes[::-1]]


@pytest.mark.parametrize("fault", [{"split_angle": 0.3}, {"jump": 0.3}, {"split_angle": 0.2, "slippage": 0.4}])
def test_counts_and_centroids_are_those_of_the_sum(narrow, images_of, fault):
    params = narrow.changed(**fault)
    scene, images, truth = images_of(params)
    assert len(np.unique(np.column_stack([truth.hkl, truth.entering]), axis=0)) == len(truth.hkl)
    rows = [row for row in alone(truth, images) if is_sharp(scene, truth)[row]]
    assert len(rows) > 20
    for row in rows:
        counts, place = measured(images, truth.xyz[row])
        assert counts == pytest.approx(truth.counts[row], rel=2e-3)
        assert place[:2] == pytest.approx(truth.xyz[row, :2], abs=0.03)
        assert place[2] == pytest.approx(truth.xyz[row, 2], abs=0.08)  # images are bins, a jump is an edge


def test_a_split_changes_no_intensity_and_widens_spots(narrow, images_of):
    _, _, one = images_of(narrow)
    scene, _, split = images_of(narrow.changed(split_angle=0.3))
    assert len(split.hkl) == pytest.approx(len(one.hkl), rel=0.06)  # more are cut by the scan's ends
    assert len(scene.spots.hkl) > 1.9 * len(split.hkl)
    known = {(*h, e): i for i, (h, e) in enumerate(zip(one.hkl.tolist(), one.entering.tolist()))}
    pairs = [
        (known[(*h, e)], i)
        for i, (h, e) in enumerate(zip(split.hkl.tolist(), split.entering.tolist()))
        if (*h, e) in known
    ]
    i, j = np.array([p for p in pairs if one.partiality[p[0]] > 0.999 and split.partiality[p[1]] > 0.999]).T
    assert len(i) > 100
    assert (split.intensity[j] == one.intensity[i]).all()
    assert np.median(np.abs(split.counts[j] / one.counts[i] - 1)) < 0.01
    assert np.median(np.abs(split.xyz[j] - one.xyz[i]).max(axis=1)) < 0.1  # the mean orientation is that of the crystal
    assert (split.sigma[j] >= 0.99 * one.sigma[i]).all()


def test_domains_are_turned_apart_by_the_angle_asked_for(params):
    assert not domains_of(params)[0].moves
    first, second = domains_of(params.changed(split_angle=0.2, split_fraction=0.3))
    assert [first.share, second.share] == pytest.approx([0.7, 0.3])
    assert np.rad2deg(np.linalg.norm(np.subtract(second.turn, first.turn))) == pytest.approx(0.2)
    assert 0.7 * np.array(first.turn) + 0.3 * np.array(second.turn) == pytest.approx(np.zeros(3))
    assert len(domains_of(params.changed(split_angle=0.2, jump=0.1))) == 4


def test_a_jump_turns_the_second_half_only(narrow, images_of, instrument, setting):
    params = narrow.changed(jump=0.5)
    _, _, still = images_of(narrow)
    scene, _, truth = images_of(params)
    z = truth.xyz[:, 2]
    sharp, early, late = is_sharp(scene, truth), z < 30, z > 50  # the jump is at 40
    known = {(*h, e): xyz for h, e, xyz in zip(still.hkl.tolist(), still.entering.tolist(), still.xyz)}
    before = np.flatnonzero(sharp & early)
    assert len(before) > 50
    for i in before:
        assert truth.xyz[i] == pytest.approx(known[(*truth.hkl[i].tolist(), truth.entering[i])], abs=1e-3)
    vector = jump_vector(params)
    turned = rotation_about(vector, np.linalg.norm(vector)) @ setting
    after = np.flatnonzero(sharp & late)
    found = crossings(truth.hkl[after] @ turned.T, instrument, 0.0, np.deg2rad(10))
    expected = {(i, bool(s < 0)): phi for i, s, phi in zip(found.which.tolist(), found.speed, found.phi)}
    phi = [expected[(i, e)] for i, e in enumerate(truth.entering[after].tolist())]
    assert z[after] == pytest.approx(np.rad2deg(phi) / params.width, abs=1e-3)


def test_the_turns_are_told(params, tmp_path):
    faulty = params.changed(images=1, d_min=4.0, split_angle=0.2, jump=0.1, slippage=0.05)
    simulate_dataset(faulty, tmp_path)
    numbers = load_truth(tmp_path).numbers
    lengths = {name: np.linalg.norm(numbers[name]) for name in ("split", "slippage", "jump")}
    assert lengths == pytest.approx({"split": 0.2, "slippage": 0.05, "jump": 0.1})
    assert np.deg2rad(numbers["split"]) == pytest.approx(split_vector(faulty))
    assert set(crystal_turns(params).values()) == {None}
