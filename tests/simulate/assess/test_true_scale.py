"""Truth is brought to the scale of observations without a bias, however few their counts."""

import numpy as np
import pytest

from gnomon.simulate.assess.observations import Observations, with_true_scale


@pytest.mark.parametrize("mean", [0.3, 3.0, 300.0])
def test_truth_is_not_drawn_to_those_that_came_out_low(mean):
    rng = np.random.default_rng(3)
    truth, n = rng.exponential(mean, 4000), 4
    counts = rng.poisson(truth[:, None], (len(truth), n))
    expected = (counts.sum(axis=1) + 0.75) / (n + 1 / mean)  # what equivalents say: low where they are low
    true, sigma = np.repeat(truth, n), np.repeat(np.sqrt(expected), n)
    intensity = counts.ravel().astype(float)
    d = np.repeat(rng.uniform(2, 4, len(truth)), n)
    observed = Observations(np.zeros((len(d), 3), int), d, intensity, sigma, 7 * true, np.zeros((len(d), 3)))
    found = with_true_scale(observed)
    assert found.true.sum() / true.sum() == pytest.approx(1, abs=0.03)
