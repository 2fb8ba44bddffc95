"""Fits against sums, and sums against larger ones: what is right passes, what is wrong is told."""

from dataclasses import fields

import numpy as np
import pytest

from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.integrate.checks import disagreements, profile_against_sum, recorded_shares
from gnomon.steps.integrate.summary import ExperimentSummary
from gnomon.steps.integrate.width_fit import SpotMoments
from gnomon.steps.integrate.widths import SpotTerms

NODES = np.arange(-5, 6)


def table_of(n=6000, wide=1.0, seed=0, background=4.0):
    """Photons of spots on a line of pixels, summed, and fitted with a profile ``wide`` times as wide."""
    rng = np.random.default_rng(seed)
    true = rng.exponential(300.0, n) * rng.choice([0.02, 1.0], n)
    shape = np.exp(-0.5 * (NODES / 1.5) ** 2)
    profile = np.exp(-0.5 * (NODES / 1.5 / wide) ** 2)
    shape, profile = shape / shape.sum(), profile / profile.sum()
    net = rng.poisson(true[:, None] * shape + background) - background
    fitted = net.sum(axis=1)
    for _ in range(20):  # the score equation of Poisson counts
        v = background + np.maximum(fitted, 0)[:, None] * profile
        information = (profile**2 / v).sum(axis=1)
        fitted = (net * profile / v).sum(axis=1) / information
    summed = net.sum(axis=1)
    flag = np.uint64(Flag.INTEGRATED_SUM | Flag.INTEGRATED_PRF)
    return Reflections(
        {
            "flags": np.full(n, flag),
            "partiality": np.ones(n),
            "intensity.sum.value": summed.astype(float),
            "intensity.sum.variance": np.abs(summed) + background * len(NODES),
            "intensity.prf.value": fitted,
            "intensity.prf.variance": 1 / information,
            "d": rng.uniform(1.5, 20, n),
            "zeta": rng.uniform(-1, 1, n),
        }
    )


def test_fits_with_the_right_profile_equal_sums_in_shells_of_intensity_too():
    rows = [row for seed in range(4) for row in profile_against_sum(table_of(seed=seed))["strength"]]
    assert len(rows) == 16
    pulls = [(shell.ratio - 1) / shell.sigma for shell in rows]
    assert np.abs(np.mean(np.reshape(pulls, (4, 4)), axis=0)).max() < 1.5  # none is preferred: choosing is harmless
    assert np.abs(pulls).max() < 4


def test_choosing_by_the_sum_would_have_shown_a_bias_that_is_none():
    t = table_of(40000)
    weak = (t["intensity.sum.value"] > 0) & (t["intensity.sum.value"] < 20)
    assert t["intensity.prf.value"][weak].sum() / t["intensity.sum.value"][weak].sum() < 0.97


def summary(**kwargs):
    names = {f.name: None for f in fields(ExperimentSummary)}
    return ExperimentSummary(**{**names, "fit_over_sum": {}, "recorded": (), **kwargs})


def test_a_profile_that_is_too_wide_is_told_with_its_size():
    shells = profile_against_sum(table_of(wide=1.15))
    assert all(shell.ratio > 1.01 for shell in shells["strength"][:2])
    (told,) = disagreements([summary(fit_over_sum=shells)])
    assert str(told).startswith("experiment 0: fits differ from sums by +")
    assert disagreements([summary(fit_over_sum=profile_against_sum(table_of()))]) == []


def test_all_reflections_are_in_one_shell_of_each_kind():
    t = table_of()
    shells = profile_against_sum(t)
    assert sum(shell.count for shell in shells["d"]) == len(t)
    assert [s.low for s in shells["d"]] == sorted((s.low for s in shells["d"]), reverse=True)
    assert profile_against_sum(t.select(slice(0))) == {"d": (), "strength": (), "zeta": ()}


def moments_with(shares, d):
    n = len(d)
    terms = SpotTerms(np.zeros((n, 2)), np.zeros((n, 2, 7)), np.zeros((n, 7)))
    return SpotMoments(
        terms, np.ones((n, 2)), np.ones((n, 4)), np.zeros((n, 3)), np.stack([shares / 2] * 2, 1), np.ones(n), d
    )


def test_sums_that_go_on_growing_are_told_where():
    rng = np.random.default_rng(1)
    d = np.sort(rng.uniform(1.5, 3, 2000))[::-1]
    d[:60] = np.linspace(40, 8, 60)
    share = 0.995 + rng.normal(0, 0.01, 2000)
    share[:60] -= 0.15
    rows = recorded_shares(moments_with(share, d))
    assert rows[0].ratio == pytest.approx(0.85, abs=0.02)
    assert rows[-1].ratio == pytest.approx(0.995, abs=0.002)
    (told,) = disagreements([summary(recorded=rows)])
    assert str(told).startswith("experiment 0: sums at 40 to")
    assert disagreements([summary(recorded=rows[2:])]) == []
