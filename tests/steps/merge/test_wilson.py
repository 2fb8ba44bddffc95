"""The Wilson plot gives back the B and the scale that made the data."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.merged import Measured, MergedData
from gnomon.steps.merge.wilson import _scattering, residues_in_asymmetric_unit, wilson_plot

CELL = np.array([40.0, 50.0, 60.0, 90.0, 90.0, 90.0])


def test_b_and_scale_come_back() -> None:
    hkl = possible_indices(CELL, "P 21 21 21", 1.8)
    x = d_spacing(hkl, CELL) ** -2 / 4
    f2 = 4 * 100 * np.interp(x, np.linspace(0, 0.1, 200), _scattering(np.linspace(0, 0.1, 200)))
    rng = np.random.default_rng(2)
    intensity = 7.0 * f2 * np.exp(-2 * 15.0 * x) * rng.exponential(1, len(hkl))
    ones = np.ones(len(hkl))
    found = wilson_plot(MergedData(hkl, CELL, " P 2ac 2ab", 1.0, Measured(intensity, ones, ones)), residues=100)
    assert found is not None
    assert abs(found.b_factor - 15) < max(3 * found.b_sd, 0.5)
    assert found.scale == pytest.approx(7, rel=0.1)


def test_too_few_reflections_have_no_plot() -> None:
    hkl = possible_indices(CELL, "P 21 21 21", 10.0)[:30]
    ones = np.ones(len(hkl))
    assert wilson_plot(MergedData(hkl, CELL, " P 2ac 2ab", 1.0, Measured(ones, ones, ones))) is None


def test_insulin_has_about_fifty_residues() -> None:
    cubic = np.array([78.1, 78.1, 78.1, 90, 90, 90])
    assert 50 < residues_in_asymmetric_unit(cubic, " I 2b 2c 3") < 110
