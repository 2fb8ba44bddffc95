"""The spread of a spot, against blocks and rays thrown at random."""

import numpy as np
import pytest

from gnomon.models.goniometer import rotation_about
from gnomon.simulate.params import SimulateParams
from gnomon.simulate.spread import spot_covariance

AXIS = np.array([1.0, 0.0, 0.0])


def thrown(q, params, instrument, n, rng):
    """(n, 3) x, y (px) and angle from the spot's own, of photons each with its block, direction and wavelength."""
    blocks = rng.normal(size=(n, 3)) * np.deg2rad(params.mosaicity)
    points = np.array([rotation_about(b, np.linalg.norm(b)) @ q for b in blocks])
    s0 = np.tile(instrument.s0, (n, 1))
    s0[:, :2] += np.deg2rad(params.divergence) / instrument.wavelength * rng.normal(size=(n, 2))
    s0 *= 1 + params.bandwidth * rng.normal(size=(n, 1))
    phi = np.zeros(n)
    for _ in range(6):  # Newton's method for q(phi).s0 = -q²/2
        turned = np.array([rotation_about(AXIS, p) @ point for p, point in zip(phi, points)])
        excess = (turned * s0).sum(axis=1) + 0.5 * (points**2).sum(axis=1)
        phi -= excess / (np.cross(AXIS, turned) * s0).sum(axis=1)
    return np.column_stack([instrument.pixel_of(turned + s0), phi])


@pytest.mark.parametrize("row", [40, 160, 280])
def test_covariance_of_position_and_angle(found, instrument, row):
    params = SimulateParams(mosaicity=0.1, divergence=0.03, bandwidth=5e-4, crystal_size=0.0, point_spread=1e-6)
    one = found.select(np.array([row]))
    sample = thrown(one.q[0], params, instrument, 4000, np.random.default_rng(7))
    measured, expected = np.cov(sample.T), spot_covariance(one, instrument, params)[0]
    size = np.sqrt(np.diag(expected))
    assert measured / np.outer(size, size) == pytest.approx(expected / np.outer(size, size), abs=0.08)
    assert sample.mean(axis=0) == pytest.approx([*instrument.pixel_of(one.s1)[0], 0], abs=0.1 * size.max())
