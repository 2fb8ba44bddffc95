"""The cases by which accuracy is measured."""

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.simulate.example import CASES, HARD, case, small_case
from gnomon.simulate.structure_factors import true_intensities


@pytest.mark.parametrize("name", [*CASES, *HARD])
def test_every_case_has_a_crystal(name):
    params = case(name)
    crystal = true_intensities(params, np.cbrt(np.prod(params.cell[:3])) / 9)
    assert len(crystal.hkl) > 300


def test_cases_come_with_lying_headers():
    assert case("cubic").beam_error == (0, 0)
    assert np.hypot(*case("cubic_off").beam_error) == pytest.approx(3.0)
    assert case("cubic_off").distance_error == pytest.approx(0.3)
    assert np.hypot(*case("tri_far").beam_error) == pytest.approx(10.0)
    assert case("tri_far").cell == case("tri").cell
    assert case("fine_6m_off").beam_error == case("cubic_off").beam_error
    with pytest.raises(InputError, match="no case 'tri_up'; there are small"):
        case("tri_up")


@pytest.mark.parametrize("name", HARD)
def test_hard_cases_have_what_they_are_named_for(name):
    params = case(name)
    faults = {
        "slip": params.slippage, "modules": params.module_shift, "split": params.split_angle, "streak": params.streak,
        "fine": params.width <= 0.1, "broad": params.mosaicity >= 0.3, "small": params.domain_size,
        "wide": params.wavelength / params.distance > 0.007, "blank": params.shut or params.away,
        "dimmed": params.dimmed, "jump": params.jump, "beam": any(params.beam_jump),
    }  # fmt: skip
    assert faults[name.partition("_")[0]]
    small = small_case(name)
    assert small.image_size[0] * small.image_size[1] < 0.6e6
    assert small.module_shift == params.module_shift
