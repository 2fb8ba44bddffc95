"""Robust backgrounds: unbiased for clean Poisson counts, hardly moved by outliers, whatever the frames of a pixel."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln
from shoeboxes import boxes_of, gathered, panels_of, summed

from gnomon.kernels.background import (
    estimate_background,
    expected_psi,
    expected_psi_with_noise,
    middle_of,
    noisy_rate,
    robust_plane,
    robust_rate,
)
from gnomon.kernels.gather import COUNTS, NEAR_FRAME
from gnomon.kernels.summation import LEAST_COUNT, level_at

TUNING = 1.345
PANELS = panels_of((60, 50))


def expected_by_numpy(mean):
    """E psi for each of ``mean`` (n,)."""
    mean = np.atleast_1d(mean)[:, None]
    k = np.arange(0, int(mean.max() + 12 * math.sqrt(mean.max())) + 40)
    probability = np.exp(k * np.log(mean) - mean - gammaln(k + 1.0))
    return (probability * np.clip((k - mean) / np.sqrt(mean), -TUNING, TUNING)).sum(axis=1)


def score(counts, frames, rate):
    """The estimating function by plain numpy: sum sqrt(n) (psi(r) - E psi)."""
    different, which = np.unique(frames, return_inverse=True)
    expected = expected_by_numpy(rate * different)[which]
    r = (counts - frames * rate) / np.sqrt(frames * rate)
    return (np.sqrt(frames) * (np.clip(r, -TUNING, TUNING) - expected)).sum()


def exposures(rng, n, mixed):
    return rng.integers(1, 41, n) if mixed else np.ones(n, np.int64)


@given(values=st.lists(st.integers(0, 9), min_size=1, max_size=40))
@settings(max_examples=50, deadline=None)
def test_the_middle_is_the_median(values):
    assert middle_of(np.array(values, float)) == np.median(values)


@given(rate=st.floats(0.05, 80.0), outliers=st.integers(0, 8), mixed=st.booleans(), seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_the_rate_solves_the_estimating_equation(rate, outliers, mixed, seed):
    rng = np.random.default_rng(seed)
    frames = exposures(rng, 150, mixed)
    counts = rng.poisson(frames * rate).astype(float)
    counts[:outliers] += 20 * np.sqrt(frames[:outliers] * rate) + 10
    if counts.sum() == 0:
        assert robust_rate(counts, frames, TUNING) == 0
        return
    found = robust_rate(counts, frames, TUNING)
    near = 0.01 * math.sqrt(found / frames.sum())
    assert score(counts, frames, found - near) > 0 > score(counts, frames, found + near)
    assert all(score(counts, frames, found * factor) > 0 for factor in (0.2, 0.4, 0.7, 0.9))  # no other root
    assert all(score(counts, frames, found * factor) < 0 for factor in (1.1, 1.5, 2.5, 5.0))


@pytest.mark.parametrize("rate", [0.05, 1.0, 40.0, 300.0])
def test_the_score_is_nought_at_the_rate(rate):
    rng = np.random.default_rng(8)
    frames = exposures(rng, 200, True)
    counts = rng.poisson(frames * rate).astype(float)
    found = robust_rate(counts, frames, TUNING)
    deviation = math.sqrt(frames.sum())  # of the score, at most
    assert abs(score(counts, frames, found)) < 1e-3 * deviation


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("rate", [0.02, 0.05, 0.3, 1.5, 5.0, 20.0, 300.0])
def test_the_rate_is_unbiased_and_efficient(rate, mixed):
    rng = np.random.default_rng(1)
    found, least = [], []
    for _ in range(2000):
        frames = exposures(rng, 200, mixed)
        found.append(robust_rate(rng.poisson(frames * rate).astype(float), frames, TUNING))
        least.append(math.sqrt(rate / frames.sum()))
    assert abs(np.mean(found) - rate) < 4 * np.mean(least) / math.sqrt(2000)
    if mixed:
        assert np.mean(found) == pytest.approx(rate, rel=0.01)
    assert np.std(found) < 1.12 * np.mean(least)


@pytest.mark.parametrize("rate", [0.02, 0.3, 5.0, 300.0])
def test_one_outlier_in_twenty_moves_the_rate_by_no_more_than_huber_allows(rate):
    rng = np.random.default_rng(5)
    moved, allowed, mean = [], [], []
    for _ in range(300):
        frames = exposures(rng, 200, True)
        counts = rng.poisson(frames * rate).astype(float)
        clean = robust_rate(counts, frames, TUNING)
        counts[:10] += 20 + 10 * np.sqrt(frames[:10] * rate)
        moved.append(robust_rate(counts, frames, TUNING) - clean)
        allowed.append(2 * TUNING * np.sqrt(frames[:10]).sum() * math.sqrt(rate) / frames.sum())
        mean.append(counts.sum() / frames.sum() - rate)
    assert 0 < np.mean(moved) < np.mean(allowed)
    assert np.mean(moved) < 0.17 * rate
    assert np.mean(moved) < 0.2 * np.mean(mean)


def test_outliers_hardly_matter():
    frames = np.ones(300, np.int64)
    counts = np.random.default_rng(2).poisson(2.0, 300).astype(float)
    clean = robust_rate(counts, frames, TUNING)
    counts[:10] = 500.0
    assert robust_rate(counts, frames, TUNING) == pytest.approx(clean, rel=0.08)
    assert counts.mean() > 5 * clean


@pytest.mark.parametrize("mean", [0.02, 0.1, 1.0, 7.3, 120.0])
def test_expected_psi_is_that_of_many_draws(mean):
    draws = np.random.default_rng(3).poisson(mean, 400_000)
    psi = np.clip((draws - mean) / np.sqrt(mean), -TUNING, TUNING)
    assert expected_psi(mean, TUNING) == pytest.approx(psi.mean(), abs=5 * psi.std() / math.sqrt(len(psi)))
    assert expected_psi(mean, TUNING) == pytest.approx(expected_by_numpy(mean)[0], abs=1e-9)


def grid(half=7):
    return np.stack(np.meshgrid(*[np.arange(-half, half + 1.0)] * 2), -1).reshape(-1, 2)


@pytest.mark.parametrize("mixed", [False, True])
def test_a_plane_is_found_under_outliers(mixed):
    rng = np.random.default_rng(4)
    at, true = grid(), np.array([6.0, 0.2, -0.1])
    frames = exposures(rng, len(at), mixed) + 2
    counts = rng.poisson(frames * (true[0] + at @ true[1:])).astype(float)
    counts[::60] += 60 * np.sqrt(frames[::60])
    found = robust_plane(counts, frames, at, 0.0, TUNING, robust_rate(counts, frames, TUNING))
    assert found == pytest.approx(true, abs=0.25)
    assert found[1:] == pytest.approx(true[1:], abs=0.06)


def test_a_plane_keeps_the_rate_at_the_mean_offset():
    rng = np.random.default_rng(6)
    at = grid()[60:]
    frames = exposures(rng, len(at), True)
    counts = rng.poisson(frames * (9 + 0.3 * at[:, 1])).astype(float)
    found = robust_plane(counts, frames, at, 0.0, TUNING, 9.9)
    assert found[0] + np.average(at, axis=0, weights=frames) @ found[1:] == pytest.approx(9.9)


def test_a_plane_that_would_be_negative_stays_a_constant():
    at = np.array([[x, 0.0] for x in range(-5, 6)])
    found = robust_plane(np.array([0.0] * 8 + [4.0, 5.0, 6.0]), np.ones(11, np.int64), at, 0.0, TUNING, 0.3)
    assert found == pytest.approx([0.3, 0, 0])


def noise_free(boxes, plane, n_frames=12, fine=1000):
    """Frames of ``fine`` counts a photon that hold plane (3,) photons, about the first prediction, a pixel."""
    nx, ny = PANELS.size[0]
    y, x = np.mgrid[:ny, :nx] + 0.5
    level = plane[0] + plane[1] * (x - boxes.xyz[0, 0]) + plane[2] * (y - boxes.xyz[0, 1])
    frame = np.rint(fine * level + 7).astype(np.int32).ravel()
    return np.tile(frame, (n_frames, 1)), panels_of((60, 50), gain=fine, pedestal=7)


@pytest.mark.parametrize(("turn", "skew"), [(0.0, 0.0), (0.8, 0.5)])
def test_the_plane_is_that_about_the_spot_not_about_its_pixel(turn, skew):
    boxes = boxes_of([[30.9, 25.05, 6.2]], sigma=[[2.0, 0.9]], turn=turn, skew=skew)
    plane = np.array([50.0, 0.6, -0.4])
    frames, panels = noise_free(boxes, plane)
    held = gathered(boxes, panels, frames)
    _, total, background, _ = summed(boxes, panels, held, plane=True, tuning=1e3)  # no count is an outlier
    assert background[0, :3] == pytest.approx(plane, abs=2e-4)
    assert abs(total[0, 0]) < 1e-5 * total[0, 2]
    assert level_at(background[0], 2.0, -3.0, 4) == pytest.approx(4 * (50 + 1.2 + 1.2), abs=2e-3)


def test_pixels_of_the_background_are_those_of_numpy():
    rng = np.random.default_rng(7)
    boxes = boxes_of([[21.4, 24.7, 5.3]])
    frames = rng.poisson(1.5, (12, 3000)).astype(np.int32) * 2 + 1
    frames[:, :700][rng.uniform(size=(12, 700)) < 0.2] = 10**7  # overloaded: other pixels have other exposures
    panels = panels_of((60, 50), gain=2.0, pedestal=1.0)
    held = gathered(boxes, panels, frames)
    count, _, background, _ = summed(boxes, panels, held)
    z0, z1 = boxes.bbox[0, 4:]
    y, x = np.mgrid[:50, :60]
    far = np.hypot(x + 0.5 - 21.4, y + 0.5 - 24.7) / 1.2
    hx, hy = boxes.half[0]
    use = (far > 3.3 * 1.3) & (abs(x - 21) <= hx) & (abs(y - 24) <= hy)
    data = frames.reshape(12, 50, 60)[z0:z1][:, use]
    exposure, photons = (data < 10**6).sum(axis=0), np.where(data < 10**6, (data - 1) / 2, 0).sum(axis=0)
    seen = exposure > 0
    rate = robust_rate(photons[seen], exposure[seen], TUNING)
    assert background[0, 0] == pytest.approx(rate)
    assert count["background_used"][0] == exposure.sum()
    assert count["background"][0] == data.size
    square = np.mean((photons[seen] - exposure[seen] * rate) ** 2 / exposure[seen])
    assert background[0, 4] == pytest.approx(square)
    assert background[0, 3] == pytest.approx(square / (photons.sum() / exposure.sum()))
    assert background[0, 3] == pytest.approx(1, abs=0.2)


def surroundings_of(boxes, free, guard):
    """Held surroundings in which every pixel beyond the guard was free, or in a guard ring, with one count a frame."""
    frames = np.ones((12, 3000), np.int32)
    held = gathered(boxes, PANELS, frames)
    area = len(held.around.values) // 3
    beyond = np.flatnonzero(held.around.values[2 * area :])
    held.around.values[:] = 0
    for plane, where, count, frame in ((0, beyond[:free], 1, 1), (1, beyond[free : free + guard], 9, NEAR_FRAME)):
        held.around.values[plane * area + where] = count
        held.around.values[2 * area + where] = frame
    return held


@pytest.mark.parametrize(("free", "near"), [(100, 0), (20, 0), (19, 100), (0, 100)])
def test_rings_of_neighbours_serve_only_where_little_else_is_free(free, near):
    boxes = boxes_of([[30.5, 25.5, 6.2]])
    held = surroundings_of(boxes, free, 100)
    held.counts[0, COUNTS.index("foreground")] = 10  # twice as many pixels are wanted
    background = np.zeros((1, 6))
    estimate_background(boxes, PANELS, held.around, np.arange(1), TUNING, 10, False, held.counts, background)
    assert held.counts[0, COUNTS.index("background_used")] == free + near
    counts = np.repeat([1.0, 9.0], [free, near])
    assert background[0, 0] == pytest.approx(robust_rate(counts, np.ones(free + near, np.int64), TUNING))


def test_fewer_pixels_than_the_least_leave_the_row_empty():
    boxes = boxes_of([[30.5, 25.5, 6.2]])
    background = np.full((1, 6), 3.0)
    for least, used in ((101, 0), (100, 100)):
        held = surroundings_of(boxes, 100, 0)
        held.counts[0, 1], held.counts[0, 3] = 10, 5
        estimate_background(boxes, PANELS, held.around, np.arange(1), TUNING, least, True, held.counts, background)
        assert held.counts[0, 3] == used
        assert background[0].any() == (used > 0)


def test_no_counts_at_all_are_a_rate_of_nought():
    boxes = boxes_of([[30.5, 25.5, 6.2]])
    held = gathered(boxes, PANELS, np.zeros((12, 3000), np.int32))
    count, total, background, _ = summed(boxes, PANELS, held, plane=True)
    assert count["background_used"][0] > 0
    assert (background == 0).all()
    assert (total[0, [0, 2]] == 0).all()
    known = LEAST_COUNT * count["foreground"][0] / count["background_used"][0]
    assert total[0, 1] == pytest.approx(known * (1 + count["foreground"][0] / count["background_used"][0]))


@pytest.mark.parametrize(("mean", "noise"), [(0.3, 4.0), (5.0, 16.0), (40.0, 2.0)])
def test_expected_psi_with_noise(mean, noise):
    rng = np.random.default_rng(5)
    x = (rng.poisson(mean, 2_000_000) - mean + rng.normal(0, np.sqrt(noise), 2_000_000)) / np.sqrt(mean + noise)
    psi = np.clip(x, -TUNING, TUNING)
    assert expected_psi_with_noise(mean, noise, TUNING) == pytest.approx(psi.mean(), abs=4 * psi.std() / 1400)
    assert expected_psi_with_noise(mean, 1e-9, TUNING) == pytest.approx(expected_psi(mean, TUNING), abs=1e-4)
    assert expected_psi_with_noise(-1.0, noise, TUNING) == 0


@pytest.mark.parametrize("rate", [0.0, 0.05, 1.0, 20.0])
def test_rates_under_readout_noise_are_unbiased_and_nearly_efficient(rate):
    """Noise of 3 counts; at a rate of 0 half of the estimates are negative."""
    rng, noise, n = np.random.default_rng(6), 9.0, 400
    frames = rng.integers(1, 8, n)
    found = []
    for _ in range(300):
        counts = rng.poisson(frames * rate) + rng.normal(0, 1, n) * np.sqrt(noise * frames)
        counts[:8] += 200.0  # an intruder
        found.append(noisy_rate(counts, frames, noise, TUNING))
    least = np.sqrt((rate + noise) / frames.sum())
    assert np.std(found) < 1.1 * least
    assert abs(np.mean(found) - rate) < 0.9 * least  # what a fiftieth of the pixels, far out, may move it by
