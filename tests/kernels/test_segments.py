"""Groups on a line against every cut tried in plain numpy."""

from itertools import pairwise

import numpy as np
import pytest

from gnomon.kernels.segments import segment_gains


def twin(x, floor, smallest, most):
    """Greedy cuts, the sum of squares from the members themselves."""
    n, edges, best = len(x), [0, len(x)], (-np.inf, x[len(x) // 2])

    def squares(edges):
        return sum(((x[a:b] - x[a:b].mean()) ** 2).sum() for a, b in pairwise(edges))

    whole = n / 2 * np.log(max(squares(edges) / n, floor))
    while len(edges) <= most:
        tried = [sorted([*edges, i]) for a, b in pairwise(edges) for i in range(a + smallest, b - smallest + 1)]
        if not tried:
            break
        edges = min(tried, key=squares)
        gain = whole - n / 2 * np.log(max(squares(edges) / n, floor))
        gain += sum((b - a) * np.log((b - a) / n) for a, b in pairwise(edges))
        at = max(edges[1:-1], key=lambda i: x[i] - x[i - 1])
        if gain > best[0]:
            best = gain, (x[at] + x[at - 1]) / 2
    return best


@pytest.mark.parametrize("n", [4, 9, 30])
def test_gains_are_those_of_numpy(n):
    rng = np.random.default_rng(n)
    place = np.sort(rng.normal(size=(6, n)) + 4 * rng.integers(0, 2, (6, n)), axis=1)
    gain, cut = np.empty(6), np.empty(6)
    segment_gains(place, 0.01, 2, 4, gain, cut)
    expected = np.array([twin(x, 0.01, 2, 4) for x in place])
    np.testing.assert_allclose(gain, expected[:, 0])
    np.testing.assert_allclose(cut, expected[:, 1])
