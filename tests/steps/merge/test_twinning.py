"""Twinning tests on simulated crystals: whole, half twinned, and pseudo-higher symmetry."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.crystal.symmetry import to_asu
from gnomon.maths.intensities.lookup import Lookup
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.merged import Measured, MergedData
from gnomon.report.merge import _twinning
from gnomon.steps.merge.twinning import twinning_tests

CELL = np.array([60.0, 60.0, 80.0, 90, 90, 120])


def crystal(fraction: float) -> MergedData:
    """P 3 data of 6000 reflections, twinned by the twofold about c with the given fraction."""
    hkl = possible_indices(CELL, "P 3", 2.5)
    hkl, _ = to_asu(hkl, " P 3")
    rng = np.random.default_rng(5)
    true = rng.exponential(100.0, len(hkl))
    sigma = np.full(len(hkl), 1.0)
    whole = MergedData(hkl, CELL, " P 3", 1.0, Measured(true, sigma, sigma))
    mate = Lookup(whole).find(hkl * [-1, -1, 1])
    twinned = (1 - fraction) * true + fraction * true[mate]
    return MergedData(hkl, CELL, " P 3", 1.0, Measured(twinned, sigma, sigma))


def test_an_untwinned_crystal() -> None:
    found = twinning_tests(crystal(0.0), [])
    assert found is not None
    assert found.mean_abs_l == pytest.approx(0.5, abs=0.01)
    assert found.mean_l2 == pytest.approx(1 / 3, abs=0.01)
    assert found.second_moment == pytest.approx(2, abs=0.1)
    assert len(found.laws) == 3  # of the 12 rotations of the hexagonal lattice by 3, with Friedel's law
    assert all(law.twin_fraction < 0.02 for law in found.laws)


@pytest.mark.parametrize("fraction", [0.2, 0.5])
def test_a_twin_and_its_fraction(fraction: float) -> None:
    found = twinning_tests(crystal(fraction), [])
    assert found is not None
    if fraction == 0.5:
        assert found.mean_abs_l == pytest.approx(0.375, abs=0.01)
        assert found.second_moment == pytest.approx(1.5, abs=0.06)
    law = max(found.laws, key=lambda law: law.twin_fraction)
    assert law.operator == "-h,-k,l"
    assert law.twin_fraction == pytest.approx(fraction, abs=0.02)
    others = [other.twin_fraction for other in found.laws if other is not law]
    assert max(others) < 0.7 * fraction  # sums of two intensities differ less than intensities do


def test_too_little_data_is_no_test() -> None:
    whole = crystal(0.0)
    few = Measured(*(v[:50] for v in (whole.mean.intensity, whole.mean.sigma, whole.mean.count)))
    assert twinning_tests(MergedData(whole.hkl[:50], CELL, " P 3", 1.0, few), []) is None


def pseudo_symmetric() -> MergedData:
    """P 3 data whose mates under the twofold about c are alike to a correlation of .85, untwinned."""
    whole = crystal(0.0)
    rng = np.random.default_rng(6)
    F = rng.normal(size=(2, len(whole))) + 1j * rng.normal(size=(2, len(whole)))
    mate = Lookup(whole).find(whole.hkl * [-1, -1, 1])
    shared = F[0][np.minimum(np.arange(len(whole)), mate)]  # of both mates
    intensity = 50 * np.abs(np.sqrt(0.92) * shared + np.sqrt(0.08) * F[1]) ** 2
    return MergedData(whole.hkl, CELL, " P 3", 1.0, Measured(intensity, whole.mean.sigma, whole.mean.count))


def test_pseudo_symmetry_is_told_from_a_twin() -> None:
    """Mates as alike as those of a twin of .22: neighbours say that it is none."""
    found = twinning_tests(pseudo_symmetric(), [])
    assert found is not None
    (law,) = [law for law in found.laws if law.verdict]
    assert law.operator == "-h,-k,l"
    assert law.twin_fraction > 0.2
    assert law.verdict == "not twinned"
    assert "pseudo-symmetry, no twin" in "\n".join(_twinning(found))
    twin = twinning_tests(crystal(0.22), [])
    assert twin is not None
    assert [law.verdict for law in twin.laws if law.operator == "-h,-k,l"] == ["twinned"]
