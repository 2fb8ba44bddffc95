"""Kernels that see each reflection: prediction, and integration of six spots of 15 x 15 pixels and some 5 frames.

usage: python -m pytest benchmarks/kernels/bench_*.py --benchmark-columns=median,rounds
"""

import numpy as np
import pytest
from shoeboxes import claim, filled, sum_up
from test_profile import fit, learned

from gnomon.kernels.background import robust_mean, robust_plane
from gnomon.kernels.rays import sphere_crossings
from gnomon.kernels.shoebox import FREE


@pytest.fixture(scope="module")
def box():
    """Six spots of 500 counts on a background of 1.5, on a grid 20 px apart."""
    y, x = np.mgrid[0:2, 0:3].reshape(2, -1)
    return filled(np.column_stack([20 * x + 10.3, 20 * y + 15.6, np.full(6, 6.1)]), 500.0, 1.5, 1)


def test_sphere_crossings(benchmark):
    A, s0, axis = np.eye(3) / 78.0, np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])
    hkl, _, _ = benchmark(sphere_crossings, A, s0, axis, 1 / 1.5, np.zeros((1, 3), np.int64), 0.0, 1.0)
    assert len(hkl) > 100_000


def test_claim_pixels(benchmark, box):
    def free():
        box.owner[:] = FREE

    benchmark.pedantic(claim, setup=free, args=(box,), rounds=20)
    assert (box.owner >= 0).any()


@pytest.mark.parametrize("plane", [False, True])
def test_sum_reflections(benchmark, box, plane):
    total = benchmark(sum_up, box, plane)[1]
    assert total[:, 0].mean() == pytest.approx(500, rel=0.1)


def test_learn_profile(benchmark, box):
    _, total, background, _ = sum_up(box)
    grid, _, _ = benchmark(learned, box, background, total)
    assert (grid[1] > 0).any()


def test_fit_profile(benchmark, box):
    _, _, background, _ = sum_up(box)
    assert benchmark(fit, box, background, 300)[:, 0].mean() == pytest.approx(500, rel=0.1)


def test_robust_mean(benchmark):
    values = np.random.default_rng(2).poisson(1.5, 500).astype(float)
    assert benchmark(robust_mean, values, 1.345) == pytest.approx(1.5, abs=0.3)


def test_robust_plane(benchmark):
    rng = np.random.default_rng(2)
    values, at = rng.poisson(1.5, 500).astype(float), rng.uniform(-7, 7, (500, 3))
    assert benchmark(robust_plane, values, at, 1.345, 1.5)[0] == pytest.approx(1.5, abs=0.3)
