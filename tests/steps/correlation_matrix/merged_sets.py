"""Merged data sets with planted clusters, without experiments: E² of complex Gaussian structure factors."""

import numpy as np

from gnomon.steps.correlation_matrix.compared import Compared, levelled, weighted


def planted_sets(sizes, cc=0.95, seed=0, *, alike=0.985, completeness=0.35, reflections=3000, cloud=0.0):
    """A Compared of sum(sizes) data sets, and their true cluster.

    cc: of intensities between clusters; alike: between crystals of a cluster, each off in a direction of its own;
    cloud: amplitude of a change that all crystals share to a normally distributed degree.
    """
    rng = np.random.default_rng(seed)

    def structure_factors():
        return (rng.normal(size=reflections) + 1j * rng.normal(size=reflections)) / np.sqrt(2)

    def near(F, correlation):
        return correlation**0.25 * F + np.sqrt(1 - correlation**0.5) * structure_factors()

    s2, common, change = rng.uniform(0.02, 0.25, reflections), structure_factors(), structure_factors()
    rows = []
    for size in sizes:
        kind = near(common, cc)
        for _ in range(size):
            F = near(kind, alike) + cloud * rng.normal() * change
            seen = np.flatnonzero(rng.random(reflections) < completeness * rng.uniform(0.6, 1.4))
            truth = np.abs(F[seen]) ** 2
            sigma = 0.07 * np.sqrt(0.3 + truth) * np.exp(6 * (s2[seen] - 0.15)) * rng.uniform(0.7, 1.5)
            value = truth * (1 + 0.07 * rng.normal(size=len(seen))) + sigma * rng.normal(size=len(seen))
            fall = rng.uniform(0.9, 1.1) * np.exp(-0.3 * rng.normal() * s2[seen])
            rows.append((seen, value * fall, (sigma * fall) ** 2 + (0.1 * value) ** 2))
    reflection, value, variance = (np.concatenate(column) for column in zip(*rows))
    n = len(rows)
    owner = np.repeat(np.arange(n), [len(r[0]) for r in rows])
    hkl = np.column_stack([np.arange(reflections), np.ones((reflections, 2), int)])
    ones = np.ones(reflections)
    data = Compared(owner, reflection, value, variance, 1 / variance, hkl, s2, ones, ones, n)
    return weighted(levelled(data)), np.repeat(np.arange(len(sizes)), sizes)
