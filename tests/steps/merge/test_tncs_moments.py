"""Twinning tests of a crystal with translational NCS: judged within the classes that it makes."""

from dataclasses import replace

import numpy as np
import pytest

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.models.merged import Measured, MergedData
from gnomon.report.merge import _twinning
from gnomon.steps.merge.french_wilson import amplitudes, mean_intensity
from gnomon.steps.merge.translations import class_means, translations
from gnomon.steps.merge.twinning import twinning_tests

CELL = np.array([40.0, 50.0, 60.0, 90, 90, 90])


def made(c, twin=False, seed=0):
    """P 2 2 2 to 2.5 Å with copies c/2 apart, as Wilson has it, or every intensity the mean of two."""
    hkl = np.indices((17, 21, 25)).reshape(3, -1).T[1:]
    hkl = hkl[(hkl > 0).all(axis=1)]  # acentric ones alone
    hkl = hkl[d_spacing(hkl, CELL) > 2.5]
    rng = np.random.default_rng(seed)
    true = rng.exponential(size=(2, len(hkl)))
    intensity = 100 * (true.mean(axis=0) if twin else true[0]) * (1 + c * np.cos(np.pi * hkl[:, 2]))
    sigma = np.ones(len(hkl))
    measured = Measured(intensity + rng.normal(size=len(hkl)), sigma, np.ones(len(hkl), int))
    return MergedData(hkl, CELL, " P 2 2", 1.0, measured)


@pytest.mark.parametrize(("twin", "moment"), [(False, 2.0), (True, 1.5)])
def test_moments_are_those_without_tncs(twin, moment):
    merged = made(0.9, twin)
    tests = twinning_tests(merged, translations(merged))
    assert tests.second_moment == pytest.approx(moment, abs=0.15)
    (found,) = tests.tncs
    np.testing.assert_allclose(found.vector, [0, 0, 0.5], atol=0.01)
    assert found.modulation == pytest.approx(0.9, abs=0.1)
    assert any("Translational NCS" in line for line in _twinning(tests))


def test_without_tncs_nothing_is_said():
    merged = made(0.0)
    tests = twinning_tests(merged, translations(merged))
    assert tests.tncs == ()
    assert tests.second_moment == pytest.approx(2.0, abs=0.15)


def test_weak_classes_have_their_own_prior():
    """Odd l have a tenth of the mean: with one expectation for all their amplitudes are a quarter too large."""
    merged = made(0.9)
    rng = np.random.default_rng(4)
    odd = merged.hkl[:, 2] % 2 == 1
    true = 100 * rng.exponential(size=len(odd)) * np.where(odd, 0.1, 1.9)
    sigma = np.full(len(odd), 30.0)
    measured = Measured(true + sigma * rng.normal(size=len(odd)), sigma, np.ones(len(odd), int))
    merged = replace(merged, mean=measured)
    found = translations(merged)
    errors = []
    for classes in (None, class_means(merged, found)):
        values = amplitudes(measured, merged, mean_intensity(merged, classes))
        errors.append(np.nanmean(values.amplitude[odd]) / np.sqrt(true[odd]).mean() - 1)
    assert errors[0] > 0.2
    assert abs(errors[1]) < 0.06
