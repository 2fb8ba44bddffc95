"""True intensities, against sums over atoms."""

import gemmi
import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.simulate.params import SimulateParams
from gnomon.simulate.structure_factors import _made_up, true_intensities


def test_the_transform_agrees_with_a_sum_over_atoms():
    params = SimulateParams(cell=(30, 30, 40, 90, 90, 90), space_group="P43212")
    crystal = true_intensities(params, 2.5)
    structure = _made_up(params)
    calculator = gemmi.StructureFactorCalculatorX(structure.cell)
    rows = np.linspace(0, len(crystal.hkl) - 1, 40).astype(int)
    direct = [abs(calculator.calculate_sf_from_model(structure[0], h)) ** 2 for h in crystal.hkl[rows].tolist()]
    ratio = crystal.intensity[rows] / crystal.intensity.mean()
    strong = ratio > 0.1
    scale = np.array(direct)[strong] / ratio[strong]
    assert scale == pytest.approx(np.full(strong.sum(), np.median(scale)), rel=0.01)


@pytest.mark.parametrize(("group", "cell"), [("I213", (40, 40, 40, 90, 90, 90)), ("C2", (40, 25, 30, 90, 106, 90))])
def test_equivalents_are_equal_and_absences_absent(group, cell):
    crystal = true_intensities(SimulateParams(cell=cell, space_group=group), 3.0)
    value = {tuple(h): i for h, i in zip(crystal.hkl.tolist(), crystal.intensity)}
    for operation in crystal.group.operations().sym_ops:
        for h in crystal.hkl[::50].tolist():
            equivalent = tuple(operation.apply_to_hkl(h))
            assert value[equivalent] == pytest.approx(value[tuple(h)], rel=1e-3, abs=0.05)
    assert not crystal.group.operations().systematic_absences(crystal.hkl).any()
    assert crystal.intensity.mean() == pytest.approx(400)


def test_wilson_b_is_what_was_asked():
    crystal = true_intensities(SimulateParams(wilson_b=30.0), 2.0)
    s2 = crystal.cell.calculate_1_d2_array(crystal.hkl)
    bins = np.linspace(0.08, 0.25, 9)
    which = np.digitize(s2, bins)
    mean = np.array([crystal.intensity[which == i].mean() for i in range(1, 9)])
    slope = np.polyfit(0.5 * (bins[1:] + bins[:-1]), np.log(mean), 1)[0]
    assert -slope * 2 == pytest.approx(30.0, abs=6.0)  # the atoms themselves fall off a little


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"space_group": "P99"}, "no space group 'P99'"),
        ({"space_group": "I213"}, "does not fit"),
        ({"model": "/nowhere.pdb"}, "no model file"),
    ],
)
def test_bad_input_is_told_in_a_line(changes, message):
    with pytest.raises(InputError, match=message) as error:
        true_intensities(SimulateParams(**changes), 3.0)
    assert "\n" not in str(error.value)
