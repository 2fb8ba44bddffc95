"""symmetry where correlations, or weak axial reflections, mislead: tNCS, pseudo-symmetry, twins, damage."""

import numpy as np
import pytest

from gnomon.report.symmetry import describe
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.symmetry_kinds import drawn
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.symmetry.params import SymmetryParams
from gnomon.steps.symmetry.step import symmetry
from tests.plain_values import assert_plain

ONE = {"species": ("one",), "wedges": 1, "images": 90, "width": 1.0, "basis": "primitive", "d_min": 2.5}
ONE |= {"distance": 120.0, "image_size": (487, 619), "crystal_cell": 0.0, "crystal_shift": 0.0}
P43 = {"cell": (50, 50, 60, 90, 90, 90), "space_group": "P43", "twin_law": "k,h,-l"}
P31 = {"cell": (50, 50, 60, 90, 90, 120), "space_group": "P31", "twin_law": "k,h,-l"}
PSEUDO = {"cell": (40, 50, 60, 90, 90.05, 90), "space_group": "P1211", "ncs": "x,-y,-z"}


def run(**changes):
    experiments, table, _ = integrated_wedges(WedgesParams(**{**ONE, **changes}))
    return symmetry(experiments, table, SymmetryParams()).summary


def best(summary):
    return next(g for g in summary.groups if g.chosen)


@pytest.mark.parametrize("b", [0.0, 25.0, 40.0])
def test_damage_hides_no_symmetry(b):
    """B grows by 25 Å² over 90 degrees: without a scale along the scan operators correlate by .46 to .93."""
    summary = run(cell=(60, 60, 40, 90, 90, 90), space_group="P43212", decay_b=b)
    assert summary.space_group in ("P 41 21 2", "P 43 21 2")
    assert summary.laue_confidence > 0.97
    assert min(o.cc for o in summary.operators) > 0.95


@pytest.mark.parametrize("shift", [0.1, 0.25, 0.5])
def test_pseudo_symmetry_is_not_taken(shift):
    """P 21 with beta 90.05 whose halves are nearly related by a twofold along a: operators of .8 to .9, and of 1.00."""
    summary = run(**PSEUDO, ncs_shift=shift, images=180)
    assert summary.space_group == "P 1 21 1"
    (near,) = summary.near_symmetries
    assert near.verdict == "not twinned"
    larger = next(g for g in summary.groups if g.group == "P 2 2 2")
    assert larger.r_meas > (3 if shift > 0.2 else 2) * best(summary).r_meas
    assert larger.chi2 > 5
    assert best(summary).chi2 == pytest.approx(1.0, abs=0.3)
    text = "\n".join(summary.notes)
    assert "pseudo-symmetry, not twinning" in text
    assert "merging equivalents of P 2 2 2 would give Rmeas" in text
    assert text in describe(summary)


@pytest.mark.parametrize(
    ("params", "fraction"), [(P43, 0.2), (P43, 0.3), (P43, 0.4), (P43, 0.45), (P31, 0.3), (P31, 0.45)]
)
def test_twins_go_to_the_lower_group_with_law_and_fraction(params, fraction):
    summary = run(**params, twin_fraction=fraction)
    assert summary.laue_group == {"P43": "P 4", "P31": "P 3"}[params["space_group"]]
    (near,) = summary.near_symmetries
    assert near.verdict == "twinned"
    assert near.fraction == pytest.approx(fraction, abs=0.03)
    assert f"a twin with this law and a fraction of {near.fraction:.2f}" in "\n".join(summary.notes)


@pytest.mark.parametrize(("params", "laue"), [(P43, "P 4 2 2"), (P31, "P 3 2 1")])
def test_a_perfect_twin_keeps_the_higher_group_without_being_called_certain(params, laue):
    """Merging cannot tell it from symmetry, neighbours tell that it is a twin."""
    summary = run(**params, twin_fraction=0.5)
    assert summary.laue_group == laue
    assert best(summary).probability < 0.8
    assert summary.laue_confidence < 0.75
    assert "as of a perfect twin" in "\n".join(summary.notes)
    assert "which merging cannot tell" in "\n".join(summary.notes)


def test_a_distortion_that_data_cannot_tell_is_not_called_certain():
    """Atoms .02 Å from P 2 2 2, and 8 photons a reflection at .1 Å: what is printed leaves room for P 2."""
    for shift, photons in ((0.02, 400.0), (0.1, 8.0)):
        summary = run(**PSEUDO, ncs_shift=shift, mean_intensity=photons, images=180)
        assert best(summary).probability < 0.99


def test_an_untwinned_crystal_has_no_notes():
    summary = run(cell=(50, 50, 60, 90, 90, 120), space_group="P3121")
    assert summary.laue_group == "P 3 2 1"
    assert summary.notes == ()
    assert [d.parameter for d in summary.decisions] == ["laue_group", "space_group"]
    assert summary.sentences[0] == f"Laue group of P 3 2 1: {summary.laue_reason}"
    assert best(summary).probability > 0.98


def test_weak_classes_of_tncs_are_no_absences():
    """P 2 2 2 with copies half of c apart: odd 00l are weak, but far above their errors."""
    summary = run(cell=(40, 50, 60, 90, 90, 90), space_group="P222", ncs="x,y,z+1/2", ncs_shift=0.5)
    assert summary.space_group == "P 2 2 2"
    assert summary.tncs[0].vector == (0, 0, 0.5)
    assert summary.tncs[0].modulation > 0.8
    assert "translational NCS" in "\n".join(summary.notes)
    assert_plain(summary)


def test_screws_are_found_beside_tncs():
    summary = run(cell=(40, 50, 60, 90, 100, 90), space_group="P1211", ncs="x,y,z+1/2", seed=2, images=180)
    assert summary.space_group == "P 1 21 1"
    np.testing.assert_allclose(np.sort(np.array(summary.tncs[0].vector) % 1), [0, 0, 0.5], atol=0.02)


def test_weak_reflections_of_a_translation_are_no_screw_axis():
    """P 2 2 2 with copies (.2, 0, 1/2) apart, and 7 photons: odd 00l to 8 Å hold a hundredth of the usual intensity."""
    summary = run(**drawn_params(722))
    assert summary.space_group == "P 2 2 2"
    assert summary.tncs


def drawn_params(seed):
    return drawn(seed).params.model_dump()
