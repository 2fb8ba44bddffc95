"""Summation against plain numpy, and against planted intensities."""

import numpy as np
import pytest
from shoeboxes import boxes_of, coordinates, filled, gathered, panels_of, slabs_of, spot_at, summed

from gnomon.kernels.background import robust_rate
from gnomon.kernels.gather import COUNTS
from gnomon.kernels.shoebox import BAD, OVERLOAD, OWN, UNSEEN
from gnomon.kernels.summation import level_at, sum_reflections

PANELS = panels_of((60, 50))


def measured(boxes, intensity, level, seed, plane=False, **options):
    return summed(
        boxes, PANELS, gathered(boxes, PANELS, filled(boxes, PANELS, intensity, level, seed)), plane, **options
    )


def test_sums_are_those_of_numpy():
    boxes, panels = boxes_of([[21.4, 24.7, 5.3]]), panels_of((60, 50), gain=2.0, pedestal=1.0)
    frames = filled(boxes, PANELS, 900.0, 1.5, 1)
    count, total, background, moments = summed(boxes, panels, gathered(boxes, panels, frames))
    z0, z1 = boxes.bbox[0, 4:]
    data = ((frames.reshape(12, 50, 60) - 1.0) / 2.0)[z0:z1]
    z, y, x = np.mgrid[z0:z1, :50, :60] + 0.5
    far = np.hypot(x - 21.4, y - 24.7) / 1.2
    hx, hy = boxes.half[0]
    inside, outside = far <= 3.3, (far > 3.3 * 1.3) & (abs(x - 21.5) <= hx) & (abs(y - 24.5) <= hy)
    each = data.sum(axis=0)[outside[0]]
    level = robust_rate(each, np.full(len(each), z1 - z0), 1.345)
    net = (data - level)[inside]
    assert count["foreground"][0] == inside.sum()
    assert count["background_used"][0] == outside.sum()
    assert background[0, 0] == pytest.approx(level)
    assert total[0, 0] == pytest.approx(net.sum())
    under, n = level * inside.sum(), inside.sum()
    assert total[0, 1] == pytest.approx(net.sum() + under + under * n / outside.sum())
    assert total[0, 2:] == pytest.approx([under, under * n / outside.sum()])
    centroid = [(net * v[inside]).sum() / net.sum() for v in (x, y, z)]
    assert moments[0, :3] == pytest.approx(centroid)
    for k, v in enumerate((x, y, z)):
        assert moments[0, 3 + k] == pytest.approx((net * (v[inside] - centroid[k]) ** 2).sum() / net.sum())


def test_sums_of_deep_slabs_of_sheared_leaning_spots_are_those_of_numpy():
    rng = np.random.default_rng(2)
    boxes = boxes_of(
        [[40.2, 30.4, 6.1], [13.0, 14.0, 2.0]], sigma=[[1.8, 0.8], [1.0, 1.2]], width=[1.7, 0.9], shear=[1.5, -1.0],
        turn=[0.6, -0.3], skew=0.2, slab=[3, 2],
    )  # fmt: skip
    frames = filled(boxes, PANELS, 3000.0, 2.0, 5)
    held = gathered(boxes, PANELS, frames)
    background = np.column_stack([rng.uniform(1, 3, (2, 1)), rng.normal(0, 0.05, (2, 2)), np.zeros((2, 3))])
    total, moments, held.counts[:, COUNTS.index("background_used")] = np.zeros((2, 4)), np.zeros((2, 6)), 321
    sum_reflections(boxes, PANELS, held.patches, np.arange(2), background, held.counts, total, moments)
    assert (held.counts[:, COUNTS.index("lost")] == 0).all()
    for i in range(2):
        net, under, where, n = [], [], [], 0
        for first, end in slabs_of(boxes, i):
            inside = (coordinates(boxes, PANELS, i, first, end) ** 2).sum(axis=0) <= boxes.radius[i] ** 2
            y, x = np.argwhere(inside).T + 0.5
            middle, _ = spot_at(boxes, i, first, end)
            under.append(level_at(background[i], x - middle[0], y - middle[1], end - first))
            net.append(frames.reshape(12, 50, 60)[first:end][:, inside].sum(axis=0) - under[-1])
            where.append(np.column_stack([x, y, np.full(len(x), (first + end) / 2)]))
            n += len(x) * (end - first)
        net, under, where = (np.concatenate(part) for part in (net, under, where))
        assert total[i] == pytest.approx(
            [net.sum(), net.sum() + under.sum() * (1 + n / 321), under.sum(), under.sum() * n / 321]
        )
        assert moments[i, :3] == pytest.approx(net @ where / net.sum())
        assert moments[i, 3:] == pytest.approx(net @ (where - moments[i, :3]) ** 2 / net.sum())


@pytest.mark.parametrize("plane", [False, True])
def test_planted_intensities_come_back_with_their_sigma(plane):
    rng = np.random.default_rng(7)
    z = []
    for seed in range(60):
        centres = np.column_stack([[15, 45, 15, 45], [12, 12, 38, 38], [5, 6, 5, 6]]) + rng.uniform(0, 1, (4, 3))
        _, total, _, _ = measured(boxes_of(centres), 150.0, 0.8, seed, plane)
        z.extend((total[:, 0] - 150.0) / np.sqrt(total[:, 1]))
    assert abs(np.mean(z)) < 0.3
    assert 0.85 < np.std(z) < 1.15


def test_bad_overloaded_and_lost_pixels_are_left_out_and_counted():
    boxes = boxes_of([[20.0, 25.0, 5.0], [24.5, 25.0, 5.0]])
    frames = filled(boxes, PANELS, 50_000.0, 1.0, 3)
    image = frames.reshape(12, 50, 60)[5]
    image[25, 20], image[24, 19], image[25, 12] = -1, 60_001, -1
    held = gathered(boxes, PANELS, frames, low=0, high=60_000)
    count, total, _, _ = summed(boxes, PANELS, held)
    assert (count["bad"][0], count["overloaded"][0]) == (1, 1)
    assert count["background_bad"][0] == 1
    assert (count["lost"] > 0).all()
    assert total[0, 0] < 0.98 * 50_000
    kinds = held.patches.values[: held.patches.start[1]]
    theirs = (kinds > UNSEEN) & (kinds < OWN)
    assert [(kinds == BAD).sum(), (kinds == OVERLOAD).sum(), theirs.sum()] == [1, 1, count["lost"][0]]


def test_what_was_there_before_is_overwritten():
    boxes = boxes_of([[20.0, 25.0, 5.0]])
    held = gathered(boxes, PANELS, filled(boxes, PANELS, 500.0, 1.0, 3))
    first, again = summed(boxes, PANELS, held), summed(boxes, PANELS, held)
    for one, two in zip(first[1:], again[1:]):
        assert np.array_equal(one, two)


def test_too_few_background_pixels_leave_the_row_empty():
    boxes = boxes_of([[20.0, 25.0, 5.0]])
    count, total, _, moments = measured(boxes, 500.0, 1.0, 3, minimum=100_000)
    assert count["background_used"][0] == 0
    assert (total == 0).all()
    assert (moments == 0).all()


def test_neighbours_and_their_tails_stay_out_of_the_background():
    alone = measured(boxes_of([[20.0, 25.0, 5.0]]), 20_000.0, 1.0, 3)[2][0, 0]
    crowded = measured(boxes_of([[20.0, 25.0, 5.0], [29.0, 25.0, 5.0], [20.0, 34.0, 5.0]]), 20_000.0, 1.0, 3)[2]
    assert alone == pytest.approx(1.0, abs=0.1)
    assert crowded[0, 0] == pytest.approx(1.0, abs=0.15)


def test_no_counts_over_no_background_have_a_variance():
    boxes = boxes_of([[20.0, 25.0, 5.0]])
    count, total, background, _ = measured(boxes, 0.0, 0.0, 1)
    assert background[0, 0] == 0
    n, used = count["foreground"][0], count["background_used"][0]
    level = 0.5 / used  # half a count on all of its pixels
    assert total[0] == pytest.approx([0, n * level * (1 + n / used), 0, n * level * n / used])


@pytest.mark.parametrize("gain", [1.0, 4.0])
def test_sums_under_readout_noise_have_the_variance_that_they_scatter_by(gain):
    """Noise of 3 photons a pixel and frame, on a background of .2: the variance of counting alone is a twelfth."""
    rng, noise, pull = np.random.default_rng(8), 9.0, []
    panels = panels_of((60, 50), gain=gain, noise=noise)
    boxes = boxes_of([[40.2, 30.4, 6.1], [13.0, 14.0, 5.0]], sigma=[[1.4, 0.8], [1.0, 1.2]], width=[1.7, 0.9])
    for seed in range(150):
        photons = filled(boxes, panels, 100.0, 0.2, seed)
        frames = np.rint(gain * (photons + rng.normal(0, 3, photons.shape))).astype(np.int32)
        _, total, background, _ = summed(boxes, panels, gathered(boxes, panels, frames))
        pull.append((total[:, 0] - 98.9) / np.sqrt(total[:, 1]))  # of 3 sigma
        assert (background[:, 5] == noise).all()
    assert np.std(pull) == pytest.approx(1, abs=0.12)
    assert abs(np.mean(pull)) < 0.2
