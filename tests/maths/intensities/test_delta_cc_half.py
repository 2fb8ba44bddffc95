"""CC1/2 without a part, by sums: the same as merging again, and parts that spoil the rest are found."""

import numpy as np
import pytest

from gnomon.maths.intensities.agreement import Observed, sigma_tau_correlation
from gnomon.maths.intensities.delta_cc_half import delta_cc_half
from gnomon.maths.intensities.merging import Groups
from gnomon.maths.intensities.shells import shells_by_count
from gnomon.maths.numerics.tally import Tally

N_UNIQUE = 400


def planted(n_parts: int, *, noise=None, seed: int = 0, per_part: int = 300):
    """Groups, intensities, variances, the part of each observation, and the resolution of each group."""
    rng = np.random.default_rng(seed)
    truth = rng.exponential(100.0, N_UNIQUE)
    part = np.repeat(np.arange(n_parts), per_part)
    label = rng.integers(0, N_UNIQUE, len(part))
    sigma = np.ones(n_parts) * 5.0
    for i, value in (noise or {}).items():
        sigma[i] = value
    intensity = truth[label] + sigma[part] * rng.normal(size=len(part))
    everything = Groups(np.column_stack([np.arange(N_UNIQUE)] * 3), label, np.zeros(N_UNIQUE, bool))
    groups = everything.select(np.arange(len(part)))
    return Observed(groups, intensity, rng.uniform(20, 30, len(part))), part, resolution(groups)


def resolution(groups: Groups) -> np.ndarray:
    return 2.0 + groups.hkl[:, 0] / N_UNIQUE


def merged_again(observed, keep, shells):
    left = observed.select(keep)
    tally = Tally(shells.of(resolution(left.groups)), 5)
    weight = tally.where(left.groups.counts > 1).number()
    each = sigma_tau_correlation(left, tally)
    return np.average(each, weights=weight)


def test_sums_say_what_merging_again_says() -> None:
    observed, part, d = planted(6, noise={4: 60.0})
    shells = shells_by_count(d, 5)
    found = delta_cc_half(observed, part, 6, (shells, d))
    everything = merged_again(observed, np.ones(len(part), bool), shells)
    assert found.cc_half == pytest.approx(everything, abs=1e-12)
    for p in range(6):
        expected = everything - merged_again(observed, part != p, shells)
        assert found.delta[p] == pytest.approx(expected, abs=1e-12)
    assert found.count.tolist() == [300] * 6


def test_a_noisy_part_spoils_and_the_others_do_not() -> None:
    observed, part, d = planted(12, noise={7: 100.0})
    found = delta_cc_half(observed, part, 12, (shells_by_count(d, 5), d))
    assert np.flatnonzero(found.spoils(4.0)).tolist() == [7]
    assert found.worst_first[0] == 7
    assert "without it" in found.reason(7, "data set")


@pytest.mark.parametrize("n_parts", [2, 3, 5, 40])
def test_parts_that_are_alike_are_left_alone(n_parts: int) -> None:
    for seed in range(20):
        observed, part, d = planted(n_parts, seed=seed)
        assert not delta_cc_half(observed, part, n_parts, (shells_by_count(d, 5), d)).spoils(4.0).any()


def test_the_error_is_what_other_unique_reflections_would_give() -> None:
    found = []
    for seed in range(30):
        observed, part, d = planted(8, noise={0: 30.0}, seed=seed)
        found.append(delta_cc_half(observed, part, 8, (shells_by_count(d, 5), d)))
    spread = np.std([f.delta[0] for f in found])
    assert np.mean([f.error[0] for f in found]) == pytest.approx(spread, rel=0.5)


def test_a_part_without_equivalents_changes_nothing() -> None:
    observed, part, d = planted(4)
    groups, intensity, variance = observed
    alone = Groups(
        np.vstack([groups.hkl, [[N_UNIQUE] * 3]]), np.append(groups.label, len(groups)), np.append(groups.minus, False)
    )
    more = Observed(alone, np.append(intensity, 50.0), np.append(variance, 25.0))
    found = delta_cc_half(more, np.append(part, 4), 5, (shells_by_count(d, 5), np.append(d, 2.5)))
    assert found.delta[4] == 0
    assert not found.spoils(4.0).any()


def test_a_part_of_which_much_was_rejected_is_disowned_and_a_little_everywhere_is_not() -> None:
    observed, part, d = planted(6)
    found = delta_cc_half(observed, part, 6, (shells_by_count(d, 5), d))
    assert np.flatnonzero(found.with_rejected(np.array([3, 2, 200, 5, 1, 0])).spoils(4.0)).tolist() == [2]
    assert not found.with_rejected(np.full(6, 100)).spoils(4.0).any()
    assert found.with_rejected(np.array([3, 2, 100, 5, 1, 0])).reason(2, "data set") == (
        "25% of its observations are outliers"
    )


def test_a_part_of_something_else_is_found_among_few_however_they_vary() -> None:
    observed, part, d = planted(5, noise={0: 40.0, 1: 20.0})
    intensity = observed[1].copy()
    intensity[part == 4] = np.random.default_rng(3).exponential(100.0, 300)
    found = delta_cc_half(observed._replace(intensity=intensity), part, 5, (shells_by_count(d, 5), d))
    assert np.flatnonzero(found.spoils(1e6)).tolist() == [4]
    assert found.cc_others[4] < 0.3 < 0.8 < found.cc_others[:4].min()
    assert "it correlates" in found.reason(4, "data set")
