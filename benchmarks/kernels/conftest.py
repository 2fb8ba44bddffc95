"""Shared by the benchmarks of kernels: the made-up shoeboxes of the tests, and one image."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "kernels"))

SHAPE = (1043, 981)


@pytest.fixture(scope="session")
def image():
    """(1043, 981) int32: a megapixel of background with 400 spots of some 2000 counts."""
    rng = np.random.default_rng(1)
    rate = np.full(SHAPE, 1.5)
    y, x = np.mgrid[-8:9, -8:9]
    spot = 2000 * np.exp(-0.5 * (x**2 + y**2) / 1.5**2) / (2 * np.pi * 1.5**2)
    for cy, cx in zip(rng.integers(10, SHAPE[0] - 10, 400), rng.integers(10, SHAPE[1] - 10, 400)):
        rate[cy - 8 : cy + 9, cx - 8 : cx + 9] += spot
    return rng.poisson(rate).astype(np.int32)
