"""Spot widths as sums of causes: the geometry of each, and what strong spots tell of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.kernels.profile import normal_cumulative
from gnomon.models.beam import Beam
from gnomon.models.detector import PARALLAX, Detector, Panel
from gnomon.models.experiment import Experiment
from gnomon.models.goniometer import Goniometer
from gnomon.steps.integrate.width_fit import (
    SpotMoments,
    bounded_rocking,
    fit_spot_widths,
    rocking_beyond_scan,
    rocking_scores,
)
from gnomon.steps.integrate.widths import CAUSES, SpotWidths, spot_terms

PIXEL, DISTANCE = 0.15, 120.0


def experiment(tilt=0.0, mu=0.0, pixel=PIXEL):
    """A flat detector at DISTANCE mm, turned by ``tilt`` radians about the spindle x."""
    slow = np.array([0, -np.cos(tilt), np.sin(tilt)])
    normal = np.cross([1.0, 0, 0], slow)
    origin = DISTANCE * np.sign(normal @ [0, 0, -1]) * normal - 75 * np.array([1.0, 0, 0]) - 75 * slow
    panel = Panel(
        np.array([1.0, 0, 0]), slow, origin, (1000, 1000), (pixel, pixel), thickness=0.3, mu=mu,
        px_mm_strategy=PARALLAX,
    )  # fmt: skip
    return Experiment(Beam(wavelength=1.0), Detector((panel,)), Goniometer())


def rays(two_theta, azimuth):
    """(N, 3) diffracted wave vectors, 1/Å."""
    return np.column_stack(
        [np.sin(two_theta) * np.cos(azimuth), np.sin(two_theta) * np.sin(azimuth), -np.cos(two_theta)]
    )


def at(two_theta, azimuth=0.5, **kwargs):
    two_theta = np.atleast_1d(two_theta)
    return spot_terms(experiment(**kwargs), np.zeros(len(two_theta), int), rays(two_theta, azimuth))


def test_a_spot_of_one_size_on_a_flat_detector_shrinks_as_the_cosine_across_and_its_square_along_the_radius():
    two_theta = np.deg2rad([7.0, 17, 27, 38])
    radial, across = SpotWidths(point_spread=0.123).across(at(two_theta)).T[::-1]
    size = np.hypot(0.123, PIXEL / np.sqrt(12)) / DISTANCE
    assert radial == pytest.approx(size * np.cos(two_theta) ** 2)
    assert across == pytest.approx(size * np.cos(two_theta))


def test_the_size_of_a_spot_on_a_tilted_panel_is_that_of_its_projection():
    # an error of 0.1 mm on the panel, moved numerically along fast and slow, as an angle of the ray
    tilted = experiment(tilt=0.6)
    s1 = rays(np.array([0.5]), -1.2)
    frame = tilted.detector.frames[0]
    uvw = np.linalg.inv(frame) @ s1[0]
    place = uvw[:2] / uvw[2]
    ray = s1[0] / np.linalg.norm(s1[0])
    e1 = np.cross(ray, tilted.beam.s0)
    e1 /= np.linalg.norm(e1)
    e2 = np.cross(ray, e1)
    variance = np.zeros(2)
    for step in np.eye(2) * 1e-5:
        moved = frame @ np.append(place + step, 1.0)
        change = moved / np.linalg.norm(moved) - ray
        variance += np.square([e1 @ change, e2 @ change]) / 1e-10
    terms = spot_terms(tilted, np.array([0]), s1)
    assert terms.across[0, :, CAUSES.index("point_spread")] == pytest.approx(variance, rel=1e-3)
    assert terms.fixed[0] == pytest.approx(variance * PIXEL**2 / 12, rel=1e-3)


def test_causes_in_the_crystal_and_the_beam_are_those_of_the_simulator():
    """simulate's own derivation moves q and s0 and solves for the rotation; it knows no Kabsch frame."""
    from gnomon.simulate.ewald import crossings
    from gnomon.simulate.instrument import Instrument
    from gnomon.simulate.params import SweepParams
    from gnomon.simulate.spread import spot_covariance

    params = SweepParams(
        mosaicity=0.2, divergence=0.1, bandwidth=2e-3, point_spread=0.7, crystal_size=0.0, distance=DISTANCE,
        wavelength=1.0,
    )  # fmt: skip
    instrument = Instrument.of(params)
    rng = np.random.default_rng(1)
    q = rng.normal(size=(400, 3)) * 0.3
    found = crossings(q, instrument, 0.0, 0.6, None)
    covariance = spot_covariance(found, instrument, params)
    rate = np.linalg.norm(np.cross(found.s1, instrument.s0), axis=1) / np.linalg.norm(instrument.s0) ** 2
    zeta = np.abs(found.speed) / (np.linalg.norm(instrument.s0) ** 2 * rate)
    sine = np.linalg.norm(found.q, axis=1) / 2
    tan = sine / np.sqrt(1 - sine**2)
    c3 = zeta**2 * covariance[:, 2, 2]
    expected = np.deg2rad(0.2) ** 2 + np.deg2rad(0.1) ** 2 + (2e-3 * tan) ** 2
    assert c3 == pytest.approx(expected, rel=1e-6)


def test_domains_widen_rocking_curves_as_d_and_dispersion_as_the_tangent():
    two_theta = np.array([0.1, 0.4, 0.8])
    sine, tan, cosine = np.sin(two_theta / 2), np.tan(two_theta / 2), np.cos(two_theta / 2)
    widths = SpotWidths(domain=2e-4, dispersion=3e-3, mosaicity=0.05)
    variance = np.deg2rad(0.05) ** 2 + (2e-4 / (2 * sine * cosine)) ** 2 + (3e-3 * tan) ** 2
    assert widths.rocking(at(two_theta)) == pytest.approx(np.sqrt(variance))
    assert np.sqrt(at(two_theta).across[:, 1] @ SpotWidths(dispersion=3e-3).squares) == pytest.approx(2 * 3e-3 * tan)


def test_the_variance_of_a_pixel_and_of_depth_in_the_sensor_are_added_without_being_fitted():
    terms = at(0.7, mu=2.0)
    box = np.sqrt(1 / 12) * PIXEL / DISTANCE * np.cos(0.7) * np.array([1.0, np.cos(0.7)])
    assert np.sqrt(terms.fixed[0, 0]) == pytest.approx(box[0])
    assert np.sqrt(terms.fixed[0, 1]) > 1.1 * box[1]


def test_given_widths_hold_for_all_spots():
    terms = at(np.array([0.1, 0.8]))
    widths = SpotWidths(point_spread=0.1, domain=1e-3, mosaicity=0.1).given(0.05, 0.2)
    assert np.rad2deg(widths.across(terms)) == pytest.approx(0.05)
    assert np.rad2deg(widths.rocking(terms)) == pytest.approx(0.2)
    assert SpotWidths.kabsch(0.05, 0.2).across(terms) == pytest.approx(widths.across(terms))


TRUE = SpotWidths(point_spread=0.11, tangential=0.06, domain=2e-4, mosaicity=0.05)


def moments_of(truth, n, seed=0, width=0.5, scan=None, farthest=0.7, scatter=0.15):
    """Moments of n spots of the widths ``truth`` on images of ``width`` degrees; ``scan``: their range, or all."""
    rng = np.random.default_rng(seed)
    two_theta, zeta = rng.uniform(0.05, farthest, n), rng.uniform(0.3, 1.0, n)
    terms = at(two_theta, rng.uniform(0, 6, n))
    sigma, used = truth.rocking(terms), np.full((n, 2), 1e-3)
    reach = int(np.ceil(4 * np.rad2deg(sigma.max()) / width / 0.3))
    first, last = (-reach, reach + 1) if scan is None else scan
    middle = rng.uniform(0, 1, n) if scan is None else rng.uniform(first, last, n)
    z = np.arange(first, last + 1) - middle[:, None]
    edges = np.deg2rad(width) * zeta[:, None] * z
    shares = rng.poisson(300 * np.diff(normal_cumulative(edges / sigma[:, None]), axis=1)) * 1.0
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1.0)  # of what the scan recorded
    spread = np.ones((n, 4))
    spread[:, :2] = truth.across(terms) ** 2 / used**2 * rng.normal(1, scatter, (n, 2))
    return SpotMoments(terms, used, spread, edges, shares, np.ones(n), 0.5 / np.sin(two_theta / 2))


def test_widths_are_found_as_functions_of_position():
    moments = moments_of(TRUE, 3000)
    start = SpotWidths(point_spread=0.2, mosaicity=0.2)
    fit = fit_spot_widths(moments, start, start, 2, 0.5, 30)
    assert fit.widths.across(moments.terms) == pytest.approx(TRUE.across(moments.terms), rel=0.02)
    assert fit.widths.rocking(moments.terms) == pytest.approx(TRUE.rocking(moments.terms), rel=0.03)
    assert fit.widths.domain == pytest.approx(2e-4, rel=0.05)
    assert fit.widths.dispersion == 0
    assert fit.widths.sigma_b == pytest.approx(np.rad2deg(np.median(TRUE.across(moments.terms))), rel=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_causes_that_few_spots_in_a_narrow_range_cannot_tell_are_left_out(seed):
    moments = moments_of(SpotWidths(point_spread=0.11, tangential=0.1, mosaicity=0.1), 60, seed, farthest=0.25)
    start = SpotWidths(point_spread=0.2, mosaicity=0.2)
    found = fit_spot_widths(moments, start, start, 2, 0.5, 30).widths
    assert [name for name, s in zip(CAUSES, found.squares) if s > 0] == ["point_spread", "tangential", "mosaicity"]
    assert found.point_spread == pytest.approx(0.11, rel=0.08)
    assert found.mosaicity == pytest.approx(0.1, rel=0.15)
    assert found.tangential == pytest.approx(0.1, rel=0.25)  # as in an isotropic crystal, which few spots cannot refute


def test_what_spots_at_low_angles_say_of_high_ones_is_what_an_isotropic_crystal_would_show():
    truth = SpotWidths(point_spread=0.11, tangential=0.12, domain=2e-4, mosaicity=0.12)
    start = SpotWidths(point_spread=0.2, mosaicity=0.2)
    found = fit_spot_widths(moments_of(truth, 300, farthest=0.3), start, start, 2, 0.5, 30).widths
    far = at(np.deg2rad([30.0, 45.0]))
    assert found.across(far) == pytest.approx(truth.across(far), rel=0.06)
    assert found.rocking(far) == pytest.approx(truth.rocking(far), rel=0.06)


@given(sigma=st.floats(0.03, 0.6), seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_the_rocking_width_is_found_from_coarse_and_fine_frames(sigma, seed):
    moments = moments_of(SpotWidths(point_spread=0.1, mosaicity=sigma), 400, seed)
    start = SpotWidths(point_spread=0.1, mosaicity=0.2)
    found = fit_spot_widths(moments, start, start, 2, 0.5, 12).widths
    assert np.median(found.rocking(moments.terms)) == pytest.approx(np.deg2rad(sigma), rel=0.06)


def test_odd_spots_do_not_rule():
    moments = moments_of(TRUE, 500)
    moments.spread[::20, :2] *= 4
    moments.shares[::20] = 1 / moments.shares.shape[1]
    start = SpotWidths(point_spread=0.2, mosaicity=0.2)
    found = fit_spot_widths(moments, start, start, 2, 0.5, 30).widths
    assert found.across(moments.terms) == pytest.approx(TRUE.across(moments.terms), rel=0.06)
    assert np.median(found.rocking(moments.terms) / TRUE.rocking(moments.terms)) == pytest.approx(1, rel=0.1)


def test_a_spot_cut_by_both_ends_of_the_scan_tells_nothing_of_its_rocking_curve():
    moments = moments_of(TRUE, 50, scan=(0, 1))
    growth, information = rocking_scores(moments, TRUE.rocking(moments.terms))
    assert growth == pytest.approx(1.0)
    assert information == pytest.approx(0.0)


def test_fine_slices_hold_all_the_information_there_is():
    moments = moments_of(SpotWidths(point_spread=0.1, mosaicity=0.3), 200, width=0.05, scan=(-60, 60))
    moments.edges[:] -= moments.edges.mean(axis=1, keepdims=True)
    sigma = np.full(200, np.deg2rad(0.1))
    assert np.median(rocking_scores(moments, sigma)[1]) == pytest.approx(2.0, rel=0.5)


@pytest.mark.parametrize("images", [1, 2, 3, 5, 10])
def test_widths_of_short_scans_are_those_of_long_ones(images):
    moments = moments_of(TRUE, 300, images, scan=(0, images))
    prior = SpotWidths(point_spread=0.15, mosaicity=0.07)
    fit = fit_spot_widths(moments, prior, prior, 2, 0.5, 0.5 * images)
    found = np.median(fit.widths.rocking(moments.terms) / TRUE.rocking(moments.terms))
    assert found == pytest.approx(1, rel=0.12 if images > 1 else 0.5)
    assert fit.rocking == pytest.approx(0, abs=1e-6) if images == 1 else fit.rocking > 5
    assert fit.widths.across(moments.terms) == pytest.approx(TRUE.across(moments.terms), rel=0.05)


def test_what_a_sweep_cannot_tell_is_as_in_the_others():
    moments = moments_of(TRUE, 300, scan=(0, 1))
    fit = fit_spot_widths(moments, SpotWidths(0.1, mosaicity=0.3), TRUE, 15, 0.5, 0.5)
    assert fit.widths.rocking(moments.terms) == pytest.approx(TRUE.rocking(moments.terms), rel=0.1)


@pytest.mark.parametrize(("times", "strength"), [(5.0, 15), (1 / 6, 2)])
def test_spots_that_say_otherwise_are_not_outvoted_by_other_sweeps_or_a_first_guess(times, strength):
    own = SpotWidths(point_spread=0.11, tangential=0.12, mosaicity=0.12)
    prior = SpotWidths(point_spread=0.11, tangential=0.12, mosaicity=0.12 / times)
    moments = moments_of(own, 300, width=1.0, scan=(0, 10))
    fit = fit_spot_widths(moments, own, prior, strength, 1.0, 10.0)
    assert fit.widths.rocking(moments.terms) == pytest.approx(own.rocking(moments.terms), rel=0.05)


def test_few_spots_still_follow_the_other_sweeps():
    prior = SpotWidths(point_spread=0.11, tangential=0.12, mosaicity=0.12)
    one = moments_of(SpotWidths(point_spread=0.11, tangential=0.12, mosaicity=0.15), 3, width=1.0, scan=(0, 10))
    fit = fit_spot_widths(one, prior, prior, 15, 1.0, 10.0)
    assert fit.widths.mosaicity == pytest.approx(0.12, rel=0.12)


def test_widths_are_bounded_by_image_and_scan():
    assert bounded_rocking(SpotWidths(mosaicity=9764.0), 0.1, 0.1).mosaicity == 0.1
    assert bounded_rocking(SpotWidths(mosaicity=0.0), 0.1, 10).mosaicity == pytest.approx(0.002)


def test_no_spots_leave_the_prior():
    empty = moments_of(TRUE, 10).thinned(0)
    assert fit_spot_widths(empty, TRUE, TRUE, 5, 0.5, 5.0).widths == TRUE


@pytest.mark.parametrize("sigma", [0.05, 0.2, 0.6])
def test_which_spots_a_single_image_shows_tells_how_wide_their_rocking_curves_are(sigma):
    rng = np.random.default_rng(4)
    late, half = rng.uniform(-4, 4, 40000), 0.25
    share = normal_cumulative(((late + half) / sigma)[None])[0] - normal_cumulative(((late - half) / sigma)[None])[0]
    late = late[rng.uniform(size=40000) < share][:1500]
    assert rocking_beyond_scan(late, np.full(len(late), half), 0.01, 5.0) == pytest.approx(sigma, rel=0.12)


def test_moments_of_sweeps_with_boxes_of_different_depth_are_put_together():
    one, two = moments_of(TRUE, 10, scan=(-5, 5)), moments_of(TRUE, 7, scan=(-9, 9))
    both = SpotMoments.concatenate([one, two])
    assert len(both) == 17
    assert both.shares.shape == (17, 18)
    sigma = TRUE.rocking(both.terms)
    assert rocking_scores(both, sigma)[0][:10] == pytest.approx(rocking_scores(one, sigma[:10])[0])


def test_shares_of_a_foreground_smaller_than_that_of_the_sum_tell_the_same():
    whole, part = moments_of(TRUE, 500), moments_of(TRUE, 500)
    part.spread[:, :2] *= 0.675  # of a Gaussian, within 1.5 sigma
    part.shares[:] *= 0.675
    start = SpotWidths(point_spread=0.2, mosaicity=0.2)
    one, other = (fit_spot_widths(m, start, start, 2, 0.5, 30).widths for m in (whole, part))
    assert other.squares == pytest.approx(one.squares, rel=0.02)
