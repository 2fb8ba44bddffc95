"""Summation against plain numpy, and against planted intensities."""

import numpy as np
import pytest
from shoeboxes import filled, sum_up

from gnomon.kernels.background import robust_mean
from gnomon.kernels.shoebox import BAD, OVERLOAD


def test_sums_are_those_of_numpy():
    box = filled([[21.4, 24.7, 5.3]], 900.0, 1.5, 1)
    box.gain[:], box.pedestal[:] = 2.0, 1.0
    counts, total, background, moments = sum_up(box)
    x0, x1, y0, y1, z0, z1 = box.bbox[0]
    data = ((box.ring.reshape(box.size[::-1]) - 1.0) / 2.0)[z0:z1, y0:y1, x0:x1]
    z, y, x = np.mgrid[z0:z1, y0:y1, x0:x1] + 0.5
    far = np.hypot(x - 21.4, y - 24.7) / 1.2
    inside, outside = far <= 3.3, far > 3.3 * 1.3
    level = robust_mean(data[outside], 1.345)
    net = (data - level)[inside]
    assert counts["foreground"][0] == inside.sum()
    assert counts["background_used"][0] == outside.sum()
    assert background[0, 0] == pytest.approx(level)
    assert total[0, 0] == pytest.approx(net.sum())
    under, n = level * inside.sum(), inside.sum()
    assert total[0, 1] == pytest.approx(net.sum() + under + under * n / outside.sum())
    centroid = [(net * v[inside]).sum() / net.sum() for v in (x, y, z)]
    assert moments[0, :3] == pytest.approx(centroid)
    assert moments[0, 3] == pytest.approx((net * (x[inside] - centroid[0]) ** 2).sum() / net.sum())


@pytest.mark.parametrize("plane", [False, True])
def test_planted_intensities_come_back_with_their_sigma(plane):
    rng = np.random.default_rng(7)
    z = []
    for seed in range(60):
        centres = np.column_stack([[15, 45, 15, 45], [12, 12, 38, 38], [5, 6, 5, 6]]) + rng.uniform(0, 1, (4, 3))
        _, total, _, _ = sum_up(filled(centres, 150.0, 0.8, seed), plane)
        z.extend((total[:, 0] - 150.0) / np.sqrt(total[:, 1]))
    assert abs(np.mean(z)) < 0.3
    assert 0.85 < np.std(z) < 1.15


def test_bad_overloaded_and_lost_pixels_are_counted():
    box = filled([[20.0, 25.0, 5.0], [24.5, 25.0, 5.0]], 500.0, 1.0, 3)
    frame = box.ring.reshape(box.size[::-1])[5]
    frame[25, 20], frame[24, 19], frame[25, 14] = BAD, OVERLOAD, BAD
    counts, _, _, _ = sum_up(box)
    assert (counts["bad"][0], counts["overloaded"][0]) == (1, 1)
    assert counts["background_bad"][0] >= 1
    assert (counts["lost"] > 0).all()


def test_too_few_background_pixels_leave_the_row_empty():
    box = filled([[20.0, 25.0, 5.0]], 500.0, 1.0, 3)
    counts, total, _, _ = sum_up(box, minimum=100_000)
    assert counts["background_used"][0] == 0
    assert (total == 0).all()


def test_neighbours_and_their_tails_stay_out_of_the_background():
    alone = sum_up(filled([[20.0, 25.0, 5.0]], 20_000.0, 1.0, 3, half=9))[2][0, 0]
    crowded = sum_up(filled([[20.0, 25.0, 5.0], [29.0, 25.0, 5.0], [20.0, 34.0, 5.0]], 20_000.0, 1.0, 3, half=9))[2]
    assert alone == pytest.approx(1.0, abs=0.1)
    assert crowded[0, 0] == pytest.approx(1.0, abs=0.15)
