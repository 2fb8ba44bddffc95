"""What to expect of a weak reflection, averaged over many."""

import numpy as np
import pytest

from gnomon.steps.scale.expected import expected_moments


@pytest.mark.parametrize("noise", [0.2, 1.0, 5.0])
def test_expected_intensity_is_right_on_average_at_every_measured_value(noise: float) -> None:
    rng = np.random.default_rng(int(10 * noise))
    truth = rng.exponential(1.0, 40000)
    measured = truth + noise * rng.normal(size=len(truth))
    first, second = expected_moments(measured, np.full(len(truth), noise**2), rng.uniform(2, 3, len(truth)))
    assert (first > 0).all()
    for rows in np.array_split(np.argsort(measured), 5):
        assert first[rows].mean() == pytest.approx(truth[rows].mean(), rel=0.12)
        assert second[rows].mean() == pytest.approx((truth[rows] ** 2).mean(), rel=0.25)
