"""Images, resolution, gain and background as they are asked for."""

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.kernels.background import robust_rate
from gnomon.models.flags import Flag
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.step import integrate

from .conftest import matched


def measured(table, truth):
    """Summed counts of reflections that are there as a whole, and those of the truth."""
    rows, of = matched(table, truth)
    whole = table.has(Flag.INTEGRATED_SUM)[rows] & (table["partiality"][rows] > 0.99)
    return table["intensity.sum.value"][rows[whole]], truth.reflections.counts[of[whole]]


@pytest.fixture(scope="module")
def asked(simulated):
    _, experiments, strong = simulated
    params = IntegrateParams(
        exclude_images=((0, 1, 4),), scan_range=((1, 20),), d_max=8.0, d_min=3.0,
        background="constant", gain=2.0,
    )  # fmt: skip
    return integrate(experiments, strong, params)


def test_only_images_and_resolution_that_are_wanted(simulated, asked):
    _, experiments, _ = simulated
    (found,) = asked.experiments
    assert found.valid_ranges == ((5, 20),)
    z, d = asked.reflections["xyzcal.px"][:, 2], asked.reflections["d"]
    first = experiments[0].scan.array_range[0]
    bbox = asked.reflections["bbox"][:, 4:]
    assert (bbox.min(), bbox.max()) == (first + 4, first + 20)
    assert z.min() > first + 2  # whose tails are recorded
    assert (d.min() >= 3, d.max() <= 8, d.max() > 7) == (True, True, True)
    assert len(d) > 300


def test_gain_makes_photons_of_counts(simulated, asked):
    """The images hold photons one a count: with a gain of two each is half a photon."""
    truth, _, _ = simulated
    ours, true = measured(asked.reflections, truth)
    strong = true > 200
    assert strong.sum() > 50
    assert np.sum(ours[strong]) / np.sum(true[strong]) == pytest.approx(0.5, rel=0.02)
    assert asked.experiments[0].detector.panels[0].gain == 2.0


def test_a_constant_background_is_the_mean_of_all_counts():
    rng = np.random.default_rng(3)
    counts, frames = rng.poisson(3.0, 200).astype(float), rng.integers(1, 4, 200)
    counts[:5] += 40  # robust estimates do without them
    mean = counts.sum() / frames.sum()
    assert robust_rate(counts, frames, np.inf) == pytest.approx(mean, rel=2e-3)
    assert robust_rate(counts, frames, 1.345) < 0.95 * mean


def test_without_outliers_the_robust_constant_is_the_plain_one(simulated):
    _, experiments, strong = simulated
    asked = ({"background": "constant"}, {"background_outliers": "null"}, {})
    plain, null, robust = (integrate(experiments, strong, IntegrateParams(d_min=4, **a)).reflections for a in asked)
    np.testing.assert_array_equal(null["background.mean"], plain["background.mean"])
    assert not np.array_equal(null["background.mean"], robust["background.mean"])


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"exclude_images": ((1, 1, 4),)}, "names experiment 1"),
        ({"exclude_images": ((0, 60, 70),)}, "experiment 0 has images 1 to 24"),
        ({"exclude_images": ((0, 1, 24),)}, "no image of experiment 0 is left"),
        ({"scan_range": ((1, 30),)}, "scan_range=1,30: experiment 0 has images 1 to 24"),
    ],
)
def test_images_that_are_not_there_are_an_error(simulated, params, said):
    _, experiments, strong = simulated
    with pytest.raises(InputError, match=said):
        integrate(experiments, strong, IntegrateParams(**params))
