"""Twin fractions, and the L test of P 1 data."""

import numpy as np
import pytest

from gnomon.maths.laue_group.operators import OperatorScore
from gnomon.maths.laue_group.pairs import Agreement, merged
from gnomon.maths.laue_group.twin import l_test, largest_fraction, near_symmetries, twin_fraction

IDENTITY = np.eye(3, dtype=int)[None]


def twin(fraction, noise=0.02, seed=0):
    """Merged E² of a twin whose mates are unrelated indices."""
    rng = np.random.default_rng(seed)
    hkl = np.indices((25, 25, 25)).reshape(3, -1).T - 12
    hkl = hkl[hkl @ [10_000, 100, 1] > 0]
    a, b = rng.exponential(size=(2, len(hkl)))
    e2 = (1 - fraction) * a + fraction * b + noise * rng.normal(size=len(hkl))
    return merged(hkl, e2, np.full(len(hkl), noise))


@pytest.mark.parametrize("fraction", [0.1, 0.3, 0.4, 0.5])
def test_the_correlation_of_mates_tells_the_fraction(fraction):
    a, b = np.random.default_rng(1).exponential(size=(2, 200_000))
    x, y = (1 - fraction) * a + fraction * b, (1 - fraction) * b + fraction * a
    assert twin_fraction(np.corrcoef(x, y)[0, 1]) == pytest.approx(fraction, abs=0.01)


@pytest.mark.parametrize(("fraction", "noise"), [(0.0, 0.02), (0.3, 0.02), (0.4, 0.02), (0.0, 0.3), (0.4, 0.3)])
def test_neighbours_tell_twins_from_pseudo_symmetry(fraction, noise):
    test = l_test(twin(fraction, noise), IDENTITY, 1)
    assert test.expected(fraction) == pytest.approx(test.mean, abs=0.02)
    assert test.verdict(0.4) == ("twinned" if fraction else "not twinned")


def test_theory_without_noise():
    test = l_test(twin(0.0, 0.001), IDENTITY, 1)
    assert test.expected(0.0) == pytest.approx(0.5, abs=0.01)
    assert test.expected(0.5) == pytest.approx(0.375, abs=0.01)


def test_too_few_neighbours_say_nothing():
    data = twin(0.0)
    few = merged(data.hkl[:40], data.e2[:40], data.sigma[:40])
    assert l_test(few, IDENTITY, 1) is None


def test_what_is_nearly_symmetry_is_named_once():
    """Two rotations that the group relates are one law; what hardly correlates is none."""
    members = np.array([np.eye(3, dtype=int), np.diag([-1, -1, 1])])
    rows = ((np.diag([-1, -1, 1]), 0.01), (np.diag([1, -1, -1]), 0.25), (np.diag([-1, 1, -1]), 0.26))
    scores = [OperatorScore(W, Agreement(1 - x, 900.0, x, 0.01), 0.1) for W, x in rows]
    (found,) = near_symmetries(scores, members, 0.01)
    assert found.fraction == pytest.approx(twin_fraction(0.75 / 0.99), abs=1e-6)
    assert largest_fraction(scores, members) == pytest.approx(twin_fraction(0.75 / 0.99))
    weak = [OperatorScore(W, Agreement(0.1, 900.0, 0.9, 0.01), 0.1) for W, _ in rows]
    assert near_symmetries(weak, IDENTITY, 0.0) == []
