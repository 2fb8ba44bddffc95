"""Sums over pairs against a plain double loop over all observations."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.kernels.dose_pairs import dose_pairs

SHAPE = (3, 2, 5)


def twin(starts, crystal, block, mean, dose, intensity, variance, shape):
    later, apart = np.zeros((*shape, 4)), np.zeros((*shape, 5))
    group = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    i, j = np.triu_indices(len(group), 1)
    i, j = i[group[i] == group[j]], j[group[i] == group[j]]
    g = group[i]
    difference, half, s = (
        np.abs(intensity[i] - intensity[j]),
        (intensity[i] + intensity[j]) / 2,
        variance[i] + variance[j],
    )
    m2 = np.maximum(mean[g], 0) ** 2
    np.add.at(
        later,
        (crystal[g], block[g], np.maximum(dose[i], dose[j])),
        np.column_stack([np.ones(len(g)), difference, half, np.sqrt(2 * s / np.pi)]),
    )
    np.add.at(
        apart,
        (crystal[g], block[g], np.abs(dose[i] - dose[j])),
        np.column_stack([np.ones(len(g)), difference, half, m2 * (difference**2 - s) / s**2, m2**2 / s**2]),
    )
    return later, apart


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=12), st.integers(0, 2**32 - 1))
def test_pairs_are_summed_where_they_belong(counts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    starts = np.concatenate([[0], np.cumsum(counts)])
    n, groups = starts[-1], len(counts)
    crystal, block = rng.integers(0, SHAPE[0], groups), rng.integers(0, SHAPE[1], groups)
    arguments = (
        starts, crystal, block, rng.normal(50, 50, groups), rng.integers(0, SHAPE[2], n), rng.normal(50, 20, n),
        rng.uniform(1, 9, n), SHAPE,
    )  # fmt: skip
    for found, expected in zip(dose_pairs(*arguments), twin(*arguments)):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
