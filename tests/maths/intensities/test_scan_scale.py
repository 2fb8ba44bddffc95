"""Scale and B along a scan, told from intensities that have no equivalents."""

import numpy as np
import pytest

from gnomon.maths.intensities.scan_scale import Scan, scan_scale


def made(n=6000, seed=0, b=25.0, noise=0.02):
    """Wilson's intensities of mean one over 90 degrees, with B growing evenly and a scale that waves; and the truth."""
    rng = np.random.default_rng(seed)
    phi, s2 = rng.uniform(0, 90, n), rng.uniform(0.005, 0.2, n)
    hkl = rng.integers(-20, 21, (n, 3))
    factor = (1 + 0.4 * np.sin(phi / 20)) * np.exp(-0.5 * b * phi / 90 * s2)
    sigma = np.full(n, noise)
    return Scan(phi, s2, hkl, rng.exponential(factor) + rng.normal(scale=sigma), sigma), factor


def off(found, true):
    """R.m.s. error of the logarithm, its mean apart."""
    return float(np.std(np.log(found / true)))


@pytest.mark.parametrize("b", [0.0, 25.0, 40.0])
def test_scale_and_b_are_found(b):
    scan, true = made(b=b)
    found = scan_scale(scan, np.ones(len(true)))
    assert off(found, true) < 0.12
    assert off(found, true) < 0.5 * off(np.ones(len(true)), true)
    assert abs(np.log(found).mean()) < 1e-9


def test_a_steady_scan_is_left_as_it_is():
    scan, _ = made(b=0.0)
    rng = np.random.default_rng(1)
    steady = Scan(scan.phi, scan.s2, scan.hkl, rng.exponential(size=len(scan.phi)), scan.sigma)
    assert np.std(np.log(scan_scale(steady, np.ones(len(scan.phi))))) < 0.1


def test_anisotropy_is_not_taken_for_a_change_along_the_scan():
    """A crystal weaker along c, of which a rotation of 90 degrees shows first l = 0, then l = 20."""
    rng = np.random.default_rng(2)
    n = 8000
    phi = rng.uniform(0, 90, n)
    tilt = np.deg2rad(phi + rng.normal(scale=25, size=n))
    size = rng.uniform(5, 20, n)
    hkl = np.column_stack([size * np.cos(tilt), rng.uniform(-10, 10, n), size * np.sin(tilt)]).round().astype(int)
    mean = np.exp(-1.5 * (hkl[:, 2] / 20) ** 2)
    scan = Scan(phi, (hkl**2).sum(axis=1) / 4000, hkl, rng.exponential(mean), np.full(n, 0.02))
    found = scan_scale(scan, np.full(n, mean.mean()))
    assert np.std(np.log(found)) < 0.25  # 0.45 without the anisotropy beside


def test_few_observations_are_left_alone():
    scan, _ = made(n=300)
    np.testing.assert_array_equal(scan_scale(scan, np.ones(300)), 1.0)


def test_noise_is_not_fitted():
    """Intensities a tenth of their errors: the factor hardly leaves one."""
    scan, _ = made(n=3000, b=0.0, noise=10.0)
    assert np.abs(np.log(scan_scale(scan, np.ones(3000)))).max() < 1.0
