"""The blend of profile-fitted and summed intensities, and partial reflections."""

import numpy as np
import pytest

from gnomon.models.flags import Flag
from gnomon.steps.scale.observations import best_blend, blend, prepare
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

from .planted import experiments, reflections


def with_profiles(relative_error: float, noise: float):
    """Profile-fitted intensities with a relative error on the strong, and the sums with extra noise."""
    table, truth = reflections(1, a=1.0)
    rng = np.random.default_rng(5)
    value, variance = table["intensity.sum.value"], table["intensity.sum.variance"]
    table = table.with_columns(
        {
            "intensity.prf.value": value * (1 + relative_error * rng.normal(size=len(value))),
            "intensity.prf.variance": variance,
            "intensity.sum.value": value + noise * rng.normal(size=len(value)),
            "intensity.sum.variance": variance + noise**2,
            "flags": table["flags"] | np.uint64(Flag.INTEGRATED_PRF),
        }
    )
    return table, truth


def observations_of(table):
    return prepare(experiments(1), table, "P212121", ScaleParams())[0]


def test_weights_go_from_profile_to_sum() -> None:
    observations = observations_of(with_profiles(0.0, 50.0)[0])
    expected = np.random.default_rng(1).exponential(1000.0, len(observations))
    expected[:3] = 1.0, 1000.0, 1e6
    mixed = blend(observations, 1000.0, expected)
    share = (mixed.value - observations.summed) / (observations.profile - observations.summed)
    assert share[:3] == pytest.approx([1.0, 0.5, 0.0], abs=1e-6)  # weak, at the middle, strong
    assert (np.diff(share[np.argsort(expected)]) <= 1e-9).all()
    assert (blend(observations, 0).value == observations.profile).all()
    assert (blend(observations, 1).value == observations.summed).all()


@pytest.mark.parametrize(("error", "noise", "expected"), [(0.0, 400.0, "profile"), (0.2, 0.0, "sum")])
def test_the_better_estimate_is_taken(error: float, noise: float, expected: str) -> None:
    table, truth = with_profiles(error, noise)
    observations = observations_of(table)
    _, tried = best_blend(observations, np.ones(len(observations)), truth, 6.0)
    r = {t.i_mid: t.r_meas for t in tried}
    assert (r[0.0] < r[1.0]) == (expected == "profile")


def test_missing_profiles_fall_back_to_sums() -> None:
    table, _ = with_profiles(0.0, 10.0)
    flags = table["flags"].copy()
    flags[::3] &= ~np.uint64(Flag.INTEGRATED_PRF)
    observations = observations_of(table.with_columns({"flags": flags}))
    mixed = blend(observations, 0.0)
    assert (mixed.value[::3] == observations.summed[::3]).all()
    assert (mixed.value[1::3] == observations.profile[1::3]).all()


def test_partials_that_overshoot_are_calibrated() -> None:
    table, truth = reflections(1, a=1.0, b=0.01)
    rng = np.random.default_rng(6)
    partial = rng.random(len(table)) < 0.05
    p = np.where(partial, rng.uniform(0.5, 0.95, len(table)), 1.0)
    counts = table["intensity.sum.value"] * p * (1 + 0.5 * (1 - p))
    table = table.with_columns({"intensity.sum.value": counts, "partiality": p})
    result = scale(experiments(1), table, ScaleParams())
    assert result.summary.excess_of_partials == pytest.approx(0.5, abs=0.07)
    scaled = result.reflections["intensity.scale.value"] / result.reflections["inverse_scale_factor"]
    strong = truth > 1000
    ratio = scaled[partial & strong] / truth[partial & strong]
    assert np.median(ratio) / np.median((scaled / truth)[~partial & strong]) == pytest.approx(1, abs=0.01)


def counted(mean: float, seed: int = 0):
    """Poisson sums and fits of the same photons, the fit with half of the background; and the truth of each row."""
    table, truth = reflections(1, multiplicity=(3, 6))
    rng = np.random.default_rng(seed)
    signal, n = mean * truth / truth.mean(), len(truth)
    photons, background = rng.poisson(signal), rng.poisson(4.0, n) - 4.0
    fit = photons + np.sqrt(0.5) * background
    columns = {
        "intensity.sum.value": photons + background,
        "intensity.sum.variance": np.maximum(photons + background, 0) + 4.0,
        "intensity.prf.value": fit,
        "intensity.prf.variance": np.maximum(fit, 0) + 2.0,
        "flags": table["flags"] | np.uint64(Flag.INTEGRATED_PRF),
    }
    return table.with_columns(columns), signal


def test_no_blend_of_hardly_any_counts_is_high() -> None:
    table, signal = counted(0.7)
    observations = observations_of(table)
    for i_mid in (0.3, 0.7, 3.0, 10.0):  # weighed by the observed sum it was up to 37 % high
        mixed = blend(observations, i_mid, np.full(len(signal), 0.7))
        assert mixed.value.mean() == pytest.approx(signal.mean(), rel=0.03)
    means = []
    for choice in ("combine", "profile", "sum"):
        result = scale(experiments(1), table, ScaleParams(intensity_choice=choice)).reflections
        means.append((result["intensity.scale.value"] / result["inverse_scale_factor"]).mean())
    assert means == pytest.approx([means[0]] * 3, rel=0.06)  # noise of 2 % each
