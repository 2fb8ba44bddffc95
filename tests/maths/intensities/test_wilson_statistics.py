"""Distributions of merged intensities against what is known of them: Wilson's, a twin's, planted anisotropy, ice."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.crystal.ice import on_ice_ring
from gnomon.maths.crystal.lattice import b_matrix, d_spacing
from gnomon.maths.crystal.symmetry import epsilon, is_absent, is_centric, rotations
from gnomon.maths.intensities.anisotropy import along_axes, by_axis, fitted_anisotropy
from gnomon.maths.intensities.ice_rings import ring_excesses
from gnomon.maths.intensities.shells import possible_indices
from gnomon.maths.intensities.tncs import patterson_peaks
from gnomon.maths.intensities.wilson_statistics import (
    L,
    Z,
    cumulative,
    expected_acentric,
    expected_centric,
    expected_twin,
    l_distribution,
    normalised,
    second_moments,
)
from gnomon.models.merged import Measured, MergedData

CELL = np.array([50.0, 61.0, 72.0, 90.0, 90.0, 90.0])
P1, P222 = " P 1", " P 2 2"


def crystal(hall: str = P222, d_min: float = 2.6, *, twin: bool = False, b: float = 20.0, seed: int = 1) -> MergedData:
    """Merged data of random atoms: Wilson's distributions, the fall-off of ``b`` Å²; of a perfect twin by h -k -l."""
    rng = np.random.default_rng(seed)
    hkl = possible_indices(CELL, hall, d_min)
    hkl = hkl[~is_absent(hkl, hall)]
    centric = is_centric(hkl, hall)
    z = np.where(centric, rng.normal(size=len(hkl)) ** 2, rng.exponential(size=len(hkl)))
    if twin:
        place = {tuple(h): i for i, h in enumerate(hkl.tolist())}
        mate = [place.get((h, -k, -l), place.get((-h, k, l), i)) for i, (h, k, l) in enumerate(hkl.tolist())]
        z = (z + z[mate]) / 2
    mean = 1000 * epsilon(hkl, hall) * np.exp(-b / (2 * d_spacing(hkl, CELL) ** 2))
    intensity = z * mean
    sigma = 0.01 * mean
    return MergedData(hkl, CELL, hall, 1.0, Measured(intensity, sigma, np.full(len(hkl), 4)))


def test_the_intensities_of_a_crystal_follow_wilson():
    data = normalised(crystal())
    acentric, centric = cumulative(data.z[~data.centric], Z), cumulative(data.z[data.centric], Z)
    np.testing.assert_allclose(acentric, expected_acentric(Z), atol=0.03)
    np.testing.assert_allclose(centric, expected_centric(Z), atol=0.05)


def test_a_perfect_twin_is_seen_in_every_distribution():
    whole, twinned = crystal(P1, 3.0), crystal(P1, 3.0, twin=True)
    np.testing.assert_allclose(cumulative(normalised(twinned).z, Z), expected_twin(Z), atol=0.03)
    np.testing.assert_allclose(l_distribution(whole), L, atol=0.03)
    np.testing.assert_allclose(l_distribution(twinned), L * (3 - L**2) / 2, atol=0.03)
    for data, moment in ((whole, 2.0), (twinned, 1.5)):
        assert np.mean(second_moments(normalised(data))[1]) == pytest.approx(moment, abs=0.1)


def test_noise_does_not_look_like_a_moment():
    data = crystal(P1, 3.0)
    rng = np.random.default_rng(5)
    noise = np.full(len(data), 0.5) * data.mean.intensity.mean()
    noisy = MergedData(
        data.hkl, CELL, P1, 1.0, Measured(data.mean.intensity + rng.normal(0, noise), noise, data.mean.count)
    )
    _, moment = second_moments(normalised(noisy))
    assert np.mean(moment[:10]) == pytest.approx(2.0, abs=0.2)


def test_few_reflections_tell_nothing():
    few = crystal(d_min=20.0)
    assert l_distribution(few) is None
    assert len(second_moments(normalised(few))[0]) == 0
    assert fitted_anisotropy(few, normalised(few).z) is None


def test_planted_anisotropy_is_found():
    data = crystal(P222, 2.4)
    along = np.array([12.0, -4.0, -8.0])  # Å²: a* falls fastest
    s = data.hkl @ b_matrix(CELL).T
    factor = np.exp(-0.5 * (s**2 @ along))
    bent = MergedData(
        data.hkl, CELL, P222, 1.0, Measured(data.mean.intensity * factor, data.mean.sigma * factor, data.mean.count)
    )
    found = fitted_anisotropy(bent, normalised(bent).z)
    np.testing.assert_allclose(found.along, along, atol=2.0)
    assert found.spread == pytest.approx(20.0, abs=3.0)
    even = fitted_anisotropy(data, normalised(data).z)
    assert even.spread < 3.0


def test_anisotropy_has_the_symmetry_of_the_crystal():
    cubic = " P 2 2 3"
    cell = np.array([60.0, 60.0, 60.0, 90.0, 90.0, 90.0])
    rng = np.random.default_rng(2)
    hkl = possible_indices(cell, cubic, 3.0)
    z = rng.exponential(size=len(hkl))
    data = MergedData(hkl, cell, cubic, 1.0, Measured(z, np.full(len(hkl), 0.1), np.ones(len(hkl))))
    assert fitted_anisotropy(data, z).spread == pytest.approx(0.0, abs=1e-9)


def test_reflections_lie_along_axes_with_all_their_equivalents():
    cell = np.array([50.0, 50.0, 72.0, 90.0, 90.0, 90.0])
    hkl = possible_indices(cell, " P 4", 4.0)
    data = MergedData(hkl, cell, " P 4", 1.0, Measured(np.ones(len(hkl)), np.ones(len(hkl)), np.ones(len(hkl))))
    a, b, _ = along_axes(data)
    np.testing.assert_array_equal(a, b)
    h, k, l = data.hkl.T
    assert a[(k == 0) & (l == 0)].all()
    assert not a[(h == 0) & (k == 0)].any()


def test_means_by_axis_are_of_its_reflections():
    data = crystal(P222, 3.0)
    d = d_spacing(data.hkl, CELL)
    values = np.abs(data.hkl[:, 2]).astype(float)
    along_c = by_axis(along_axes(data), values, d)[2]
    expected = np.sqrt(along_c[0]) * CELL[2]  # |l| of reflections on c* itself
    assert (along_c[1] <= expected).all()
    assert (along_c[1] > 0.8 * expected).all()


def test_ice_is_seen_where_its_rings_are():
    data = crystal(P222, 1.9)
    z, d = normalised(data).z, d_spacing(data.hkl, CELL)
    _, clean, error = ring_excesses(d, z)
    assert (np.abs(clean - 1) < 4 * error).all()
    rings, iced, _ = ring_excesses(d, z + 2.0 * (on_ice_ring(d) & (d > 3.8)))
    strong = rings > 3.8
    assert strong.any()
    assert (iced[strong] > 2).all()


def test_a_copy_moved_by_a_vector_makes_a_patterson_peak():
    data = crystal(P1, 4.0)
    vector = np.array([0.5, 0.27, 0.41])
    z = normalised(data).z * (1 + np.cos(2 * np.pi * data.hkl @ vector)) / 1
    found = patterson_peaks(data.hkl, z, d_spacing(data.hkl, CELL), b_matrix(CELL), rotations(P1))
    off = np.abs((found.vectors[0] - vector + 0.5) % 1 - 0.5)
    mirrored = np.abs((found.vectors[0] + vector + 0.5) % 1 - 0.5)
    assert min(off.max(), mirrored.max()) < 0.03
    assert found.heights[0] == pytest.approx(0.5, abs=0.1)
    assert found.heights[1] < 0.25
    assert (found.lengths >= 10).all()
