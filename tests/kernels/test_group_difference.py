"""The difference of two groups against plain numpy, data set by data set."""

import numpy as np
import pytest

from gnomon.kernels.group_difference import N_TERMS, difference_terms, group_sums


def planted(seed, n=7, reflections=40):
    rng = np.random.default_rng(seed)
    owner, reflection = np.nonzero(rng.random((n, reflections)) < 0.6)
    value, weight = rng.exponential(size=len(owner)), rng.uniform(0.5, 20, len(owner))
    return owner, reflection, value, weight, rng.uniform(0, 0.3, reflections), rng.uniform(0.01, 0.5, reflections)


def twin(owner, reflection, value, weight, label, prior, s2):
    """The normal equations from dense matrices."""
    n, m = label.size, s2.size
    X, W = np.zeros((n, m)), np.zeros((n, m))
    X[owner, reflection], W[owner, reflection] = value, weight
    terms = np.zeros((n, N_TERMS))
    for k in range(n):
        others = np.arange(n) != k
        (wa, a), (wb, b) = ((W[g].sum(0), (W[g] * X[g]).sum(0)) for g in (others & (label == 1), others & (label == 0)))
        use = (W[k] > 0) & (wa > 0) & (wb > 0)
        wa, wb, a, b = wa[use], wb[use], a[use], b[use]
        M = (a + b) / (wa + wb)
        x = (a / wa - b / wb) * prior[use] / (prior[use] + 1 / wa + 1 / wb)
        u, rest = 1 / (1 / W[k, use] + 1 / (wa + wb)), X[k, use] - M
        T = np.column_stack([x, M, M * s2[use]])
        A = (T * u[:, None]).T @ T
        share = (u * x * x * wa / (wa + wb)).sum()
        terms[k] = [*A[np.triu_indices(3)], *(T.T @ (u * rest)), share, use.sum(), (u * rest**2).sum()]
    return terms


@pytest.mark.parametrize("seed", range(3))
def test_terms_are_those_of_numpy(seed):
    owner, reflection, value, weight, prior, s2 = planted(seed)
    label = np.array([1, 0, 1, 0, 0, 1, -1])
    sums, terms = np.zeros((len(s2), 4)), np.zeros((7, N_TERMS))
    group_sums(owner, reflection, value, weight, label, sums)
    difference_terms(owner, reflection, value, weight, label, sums, prior, s2, terms)
    np.testing.assert_allclose(terms, twin(owner, reflection, value, weight, label, prior, s2), rtol=1e-9, atol=1e-9)
    for column, group in ((0, 1), (2, 0)):
        rows = label[owner] == group
        np.testing.assert_allclose(sums[:, column], np.bincount(reflection[rows], weight[rows], len(s2)))
