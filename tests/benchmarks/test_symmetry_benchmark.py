"""The benchmark of symmetry runs, and its tables say what happened."""

from collections import Counter

import numpy as np
import pytest
import symmetry as benchmark

from gnomon.simulate.symmetry_kinds import drawn


def test_cases_are_made_judged_and_tabled():
    results = {}
    for name in ("P43 twin 0.3", "20 good, 3 of another protein"):
        small = {**benchmark.CASES[name], "d_min": 3.2, "wedges": 12 if "good" in name else 1}
        found = results.setdefault(name, benchmark.Found())
        benchmark.run_ours(small, 1, found, None)
        assert found.right == [True]
        assert found.space_right == [True]
    text = benchmark.table(results, dials=False)
    assert "twin 0.3" in text
    assert "bad named 3 of 3, good 0" in text
    assert "share right" in benchmark.frequency(results)


def test_draws_are_the_same_twice_and_of_every_kind():
    kinds = Counter(drawn(seed).what.split()[0] for seed in range(300))
    assert drawn(5).params == drawn(5).params
    assert set(kinds) == {"plain", "twin", "pseudo", "tNCS"}
    assert min(kinds.values()) > 15


def test_bins_hold_what_falls_into_them():
    p, right = np.array([0.6, 0.95, 0.95, 0.999]), np.array([0.0, 1.0, 0.0, 1.0])
    first, second, third = benchmark.binned(p, right, benchmark.PRINTED)
    assert first[:4] == ("0.50 to 0.70", 1, 0.6, 0.0)
    assert second[:4] == ("0.90 to 0.99", 2, pytest.approx(0.95), 0.5)
    assert third[:4] == ("0.99 to 1.00", 1, 0.999, 1.0)


@pytest.mark.parametrize("seed", [2, 5, 7, 11])
def test_what_is_printed_as_sure_is_right(seed):
    """A part of --calibration, on small tables."""
    for row in benchmark.judged(seed):
        assert 0 <= row.probability <= 1
        assert row.right or row.probability < 0.99, row.said
