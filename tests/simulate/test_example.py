"""The cases by which accuracy is measured."""

import numpy as np
import pytest

from gnomon.simulate.example import CASES, case
from gnomon.simulate.structure_factors import true_intensities
from gnomon.step import InputError


@pytest.mark.parametrize("name", CASES)
def test_every_case_has_a_crystal(name):
    crystal = true_intensities(case(name), 6.0)
    assert len(crystal.hkl) > 300


def test_cases_come_with_lying_headers():
    assert case("cubic").beam_error == (0, 0)
    assert np.hypot(*case("cubic_off").beam_error) == pytest.approx(3.0)
    assert case("cubic_off").distance_error == pytest.approx(0.3)
    assert np.hypot(*case("tri_far").beam_error) == pytest.approx(10.0)
    assert case("tri_far").cell == case("tri").cell
    with pytest.raises(InputError, match="no case 'tri_up'; there are small"):
        case("tri_up")
