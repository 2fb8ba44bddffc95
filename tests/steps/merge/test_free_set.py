"""The free set depends on index and seed alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.models.merged import free_value
from gnomon.steps.merge.free_set import FreeSet, extended_flags, free_flags, scrambled

HKL = np.stack(np.unravel_index(np.arange(20_000), (20, 25, 40)), 1)


def test_sets_are_even_and_the_seed_chooses() -> None:
    flags = free_flags(HKL, 0.05)
    counts = np.bincount(flags)
    assert len(counts) == 20
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(950)
    other = free_flags(HKL, 0.05, seed=1)
    assert abs(int(((flags == 0) & (other == 0)).sum()) - 50) < 40


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 1000))
def test_order_does_not_matter(shuffle: int, seed: int) -> None:
    order = np.random.default_rng(shuffle).permutation(500)
    np.testing.assert_array_equal(free_flags(HKL[order], 0.1, seed), free_flags(HKL[:500], 0.1, seed)[order])
    spread = scrambled(HKL[:500], seed)
    assert ((spread >= 0) & (spread < 1)).all()


def test_a_reference_is_kept_and_extended_in_its_proportions() -> None:
    known = HKL[1:10_000]
    flag = (np.arange(len(known)) % 10 == 0).astype(int)  # 1 is free, as X-PLOR has it
    mates = known * [-1, -1, 1]  # equivalents in P 2
    found = extended_flags(HKL, " P 2", FreeSet(mates, flag))
    np.testing.assert_array_equal(found[1:10_000], flag)
    assert abs(found[10_000:].mean() - 0.1) < 0.015
    assert free_value(found) == 1
    assert free_value(free_flags(HKL, 0.05)) == 0
