"""Merging statistics: by hand, on planted data, and on real insulin against published figures."""

import os
from pathlib import Path

import gemmi
import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.maths.intensities.agreement import significant_correlation
from gnomon.maths.intensities.merging import group_equivalents
from gnomon.maths.intensities.shells import possible_indices
from gnomon.maths.intensities.statistics import merging_statistics, shell_by_shell

CELL = np.array([40.0, 50.0, 60.0, 90.0, 90.0, 90.0])
INSULIN = Path(os.environ["GNOMON_SHARED_DATA"], "unmerged/insulin_dials_scaled_unmerged.mtz")


def planted(multiplicity: int, sigma: float, anomalous: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Acentric indices of P212121 with exponential intensities; ``anomalous`` is the relative spread of pairs."""
    rng = np.random.default_rng(7)
    hkl = possible_indices(CELL, "P212121", 4.0)
    hkl = hkl[(hkl != 0).all(axis=1)]
    truth = rng.exponential(100.0, len(hkl))
    half = truth * anomalous * rng.normal(size=len(hkl)) / 2
    both = np.concatenate([hkl, -hkl])
    intensity = np.tile(np.concatenate([truth + half, truth - half]), multiplicity)
    intensity += rng.normal(0, sigma, len(intensity))
    return np.tile(both, (multiplicity, 1)), intensity, np.full(len(intensity), sigma**2)


def test_r_factors_by_hand() -> None:
    hkl = np.array([[1, 2, 3], [1, 2, 3], [-1, -2, 3], [2, 3, 4], [3, 4, 5], [3, 4, 5]])
    intensity = np.array([10.0, 12.0, 14.0, 50.0, 20.0, 24.0])
    figures = merging_statistics((hkl, intensity, np.ones(6)), CELL, "P212121", shells=1).overall
    below = 36.0 + 44.0  # 2 3 4 stands alone
    assert figures.r_merge[0] == pytest.approx((4 + 4) / below)
    assert figures.r_meas[0] == pytest.approx((4 * np.sqrt(3 / 2) + 4 * np.sqrt(2)) / below)
    assert figures.r_pim[0] == pytest.approx((4 * np.sqrt(1 / 2) + 4) / below)
    assert (figures.n_observations[0], figures.n_unique[0]) == (6, 3)
    assert figures.multiplicity[0] == pytest.approx(2.0)
    assert figures.i_over_sigma[0] == pytest.approx((12 * np.sqrt(3) + 50 + 22 * np.sqrt(2)) / 3)


def test_half_set_correlation_is_what_the_noise_allows() -> None:
    sigma, multiplicity = 60.0, 3  # six observations of each unique reflection
    figures = merging_statistics(planted(multiplicity, sigma), CELL, "P212121").overall
    noise = sigma**2 / 3  # of a half
    expected = 100.0**2 / (100.0**2 + noise)
    assert figures.cc_half[0] == pytest.approx(expected, abs=0.02)
    assert figures.cc_half_sigma_tau[0] == pytest.approx(expected, abs=0.02)


def test_anomalous_signal_is_one_without_and_more_with_differences() -> None:
    none = merging_statistics(planted(4, 5.0), CELL, "P212121")
    some = merging_statistics(planted(4, 5.0, anomalous=0.2), CELL, "P212121")
    assert none.signal.slope == pytest.approx(1.0, abs=0.04)
    assert abs(none.overall.cc_anom[0]) < 0.08
    assert some.signal.slope > 1.8
    assert some.overall.cc_anom[0] > 0.8


def test_complete_data_are_complete_in_every_shell() -> None:
    hkl = possible_indices(CELL, "P212121", 4.0)
    absent = np.array([[0, 0, 3], [5, 0, 0]])
    everything = np.concatenate([hkl, absent])
    ones = np.ones(len(everything))
    found = merging_statistics((everything, ones, ones), CELL, "P212121", shells=10)
    assert (found.shells.completeness == 1).all()
    assert found.overall.n_unique[0] == len(hkl)
    assert found.overall.anomalous_completeness[0] == 0
    assert len(shell_by_shell(found.shells)) == 10


def test_nothing_to_merge_is_said_in_one_line() -> None:
    with pytest.raises(InputError, match="no observations"):
        merging_statistics((np.array([[0, 0, 3]]), np.ones(1), np.ones(1)), CELL, "P212121")


def test_significance_is_fisher_s() -> None:
    assert significant_correlation(np.array([3, 103]))[0] == 1
    assert significant_correlation(np.array([103]))[0] == pytest.approx(np.tanh(2.3263 / 10), abs=1e-4)


@pytest.mark.real
@pytest.mark.skipif(not INSULIN.exists(), reason=f"real data not at {INSULIN}")
def test_insulin_has_its_published_figures() -> None:
    mtz = gemmi.read_mtz_file(str(INSULIN))
    mtz.switch_to_original_hkl()
    hkl = np.array(mtz.make_miller_array())
    intensity, sigma = mtz.column_with_label("I").array, mtz.column_with_label("SIGI").array
    cell, group = np.array(mtz.cell.parameters), mtz.spacegroup
    figures = merging_statistics((hkl, intensity.astype(float), sigma.astype(float) ** 2), cell, group)
    assert figures.overall.n_observations[0] == pytest.approx(45595, rel=0.001)
    assert len(group_equivalents(hkl, group)) == pytest.approx(9831, rel=0.005)
    assert figures.overall.completeness[0] == pytest.approx(0.943, abs=0.005)
    assert figures.overall.r_merge[0] == pytest.approx(0.033, abs=0.001)
