"""What makes equal reflections unequal, and the background."""

import numpy as np
import pytest

from gnomon.simulate.background import background_rate
from gnomon.simulate.effects import beam_fluctuation, counting_factor, damage, transmission
from gnomon.simulate.sensor import depth_nodes, stopped_fraction


def test_lorentz_and_polarisation_are_those_of_the_textbook(found, params, instrument):
    """L = |s0||s1| / |s1.(m x s0)|; P = (1-2p)(1-(n.s1)²) + p(1+(s1.s0)²), n vertical (Kabsch 1988)."""
    s0, ray = instrument.s0, found.s1 / np.linalg.norm(found.s1, axis=1, keepdims=True)
    lorentz = 1 / np.abs(ray @ np.cross([1.0, 0, 0], s0 / np.linalg.norm(s0)))
    p = params.polarization
    polarisation = (1 - 2 * p) * (1 - ray[:, 1] ** 2) + p * (1 + ray[:, 2] ** 2)
    expected = lorentz * polarisation * (1 - np.exp(-instrument.mu * instrument.thickness / -ray[:, 2]))
    forward = ray[:, 2] < -0.1
    assert counting_factor(params, found, instrument)[forward] == pytest.approx(expected[forward])


def test_absorption_is_smooth_positive_and_differs_for_friedel_mates(found, params, instrument):
    left = transmission(params.changed(absorption=1.0), found, instrument)
    assert (left > 0).all()
    assert (left <= 1).all()
    assert left.std() > 0.02
    order = np.lexsort(found.s1.T)
    near = np.linalg.norm(np.diff(found.s1[order], axis=0), axis=1) + np.abs(np.diff(found.phi[order])) < 0.15
    assert near.sum() > 3
    assert np.abs(np.diff(left[order]))[near].max() < 0.1


def test_damage_grows_with_angle_and_resolution(found, params):
    left = damage(params.changed(decay_b=10.0), found)
    late, fine = found.phi > np.median(found.phi), np.linalg.norm(found.q, axis=1) > 0.3
    assert left[late & fine].mean() < left[~late & fine].mean() < 1
    assert left[late & fine].mean() < left[late & ~fine].mean()


def test_the_beam_fluctuates_as_asked(params):
    beam = beam_fluctuation(params.changed(fluctuation=0.05, images=2000))
    assert beam.mean() == pytest.approx(1, abs=0.005)
    assert beam.std() == pytest.approx(0.05, rel=0.1)
    assert (beam_fluctuation(params) == 1).all()


def test_depth_nodes_give_the_closed_form_mean():
    """Mean depth 1/mu - (t/cos) e / (1 - e) with e = exp(-mu t / cos), of the photons that stop."""
    cosine, mu, t = np.array([1.0, 0.8, 0.6]), 4.2, 0.32
    length, weight = depth_nodes(cosine, mu, t, 5)
    left = np.exp(-mu * t / cosine)
    assert (length * weight).sum(axis=1) == pytest.approx(1 / mu - t / cosine * left / (1 - left), rel=1e-4)
    assert stopped_fraction(cosine, mu, t) == pytest.approx(1 - left)


def test_ice_rings_are_where_ice_puts_them(params, instrument):
    plain = background_rate(params, instrument)
    icy = background_rate(params.changed(ice=5.0), instrument)
    x = np.arange(487) + 0.5 - instrument.beam_centre[0]
    row = int(instrument.beam_centre[1])
    d = instrument.wavelength / (2 * np.sin(np.arctan(np.abs(x) * 0.172 / instrument.distance) / 2))
    excess = (icy - plain)[row]
    for ring in (3.897, 3.669, 3.441, 2.671):
        assert excess[np.abs(d - ring) < 0.01].max() > 3 * excess[np.abs(d - ring - 0.1) < 0.02].max()
