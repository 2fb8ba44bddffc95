"""The spread of a spot, against blocks and rays thrown at random."""

import numpy as np
import pytest

from gnomon.models.goniometer import rotation_about
from gnomon.simulate.ewald import turned
from gnomon.simulate.params import SimulateParams
from gnomon.simulate.spread import point_size, spot_covariance, streak_axis

AXIS = np.array([1.0, 0.0, 0.0])


def thrown(q, at, params, instrument, n, rng):
    """(n, 3) x, y (px) and angle from the spot's own, ``at``, of photons each with block, direction and wavelength."""
    blocks = rng.normal(size=(n, 3)) * np.deg2rad(params.mosaicity)
    streak = rotation_about(AXIS, at) @ streak_axis(params) * np.deg2rad(params.streak)
    blocks += rng.normal(size=(n, 1)) * streak
    points = turned(np.tile(q, (n, 1)), blocks)
    points += rng.normal(size=(n, 3)) * point_size(params)
    s0 = np.tile(instrument.s0, (n, 1))
    s0[:, :2] += np.deg2rad(params.divergence) / instrument.wavelength * rng.normal(size=(n, 2))
    s0 *= 1 + params.bandwidth * rng.normal(size=(n, 1))
    phi = np.zeros(n)
    for _ in range(6):  # Newton's method for q(phi).s0 = -q²/2
        there = turned(points, phi[:, None] * AXIS)
        excess = (there * s0).sum(axis=1) + 0.5 * (points**2).sum(axis=1)
        phi -= excess / (np.cross(AXIS, there) * s0).sum(axis=1)
    return np.column_stack([instrument.pixel_of(there + s0), phi])


PLAIN = SimulateParams(mosaicity=0.1, divergence=0.03, bandwidth=5e-4, crystal_size=0.0, point_spread=1e-6)
BROAD = PLAIN.changed(mosaicity=0.02, domain_size=800.0)
DRAWN_OUT = PLAIN.changed(mosaicity=0.02, streak=0.2)


@pytest.mark.parametrize("cause", [PLAIN, BROAD, DRAWN_OUT], ids=["blocks", "small domains", "streak"])
@pytest.mark.parametrize("row", [40, 160, 280])
def test_covariance_of_position_and_angle(found, instrument, row, cause):
    one = found.select(np.array([row]))
    sample = thrown(one.q[0], one.phi[0], cause, instrument, 4000, np.random.default_rng(7))
    measured, expected = np.cov(sample.T), spot_covariance(one, instrument, cause)[0]
    size = np.sqrt(np.diag(expected))
    assert measured / np.outer(size, size) == pytest.approx(expected / np.outer(size, size), abs=0.08)
    assert sample.mean(axis=0) == pytest.approx([*instrument.pixel_of(one.s1)[0], 0], abs=0.1 * size.max())


def test_small_domains_broaden_the_rocking_curve_as_one_over_the_angle(found, instrument):
    """sigma of phi is w d / |zeta| for a lattice point of w, zeta = (m x q).s1 / (|q||s1|) at low angle and beyond."""
    only = PLAIN.changed(mosaicity=0.0, divergence=0.0, bandwidth=0.0, domain_size=500.0)
    sigma = np.sqrt(spot_covariance(found, instrument, only)[:, 2, 2])
    q = np.linalg.norm(found.q, axis=1)
    zeta = np.abs(found.speed) / q * instrument.wavelength
    assert sigma * q * zeta == pytest.approx(np.full(len(q), 0.9 / 500 / np.sqrt(8 * np.log(2))))


def test_small_domains_broaden_spots_alike_at_all_angles(found, instrument):
    """Along the tangent to the ring a spot of full width 0.9/L on the sphere: w times the camera length, in pixels."""
    only = PLAIN.changed(mosaicity=0.0, divergence=0.0, bandwidth=0.0, domain_size=500.0)
    covariance = spot_covariance(found, instrument, only)[:, :2, :2]
    across = instrument.pixel_of(found.s1) - np.array(instrument.beam_centre)
    radius = np.linalg.norm(across, axis=1)
    tangent = np.column_stack([-across[:, 1], across[:, 0]]) / radius[:, None]
    size = np.sqrt(np.einsum("ni,nij,nj->n", tangent, covariance, tangent))
    camera = np.hypot(radius, instrument.distance / instrument.pixel_size)
    least = 0.9 / 500 / np.sqrt(8 * np.log(2)) * instrument.wavelength * camera
    forward = found.s1[:, 2] < -0.3
    assert (size >= 0.999 * least)[forward].all()  # more where the spot walks while the crystal turns
    assert np.median((size / least)[forward]) < 1.2
