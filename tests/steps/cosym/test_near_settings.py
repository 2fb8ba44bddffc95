"""Six wedges of a crystal that is nearly more symmetric: their settings, and how well they agree."""

import numpy as np
import pytest

from gnomon.maths.crystal.change_of_basis import parse_change_of_basis
from gnomon.maths.crystal.symmetry import rotations
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.cosym.params import CosymParams
from gnomon.steps.cosym.step import cosym

WEDGES = {"species": ("one",), "wedges": 6, "images": 15, "width": 1.0, "basis": "primitive", "d_min": 3.0}
WEDGES |= {"distance": 120.0, "image_size": (487, 619), "crystal_cell": 0.0, "crystal_shift": 0.0}
P31 = {"cell": (40, 40, 50, 90, 90, 120), "space_group": "P31", "mean_intensity": 165.0, "fluctuation": 0.03}


def run(**changes):
    experiments, table, truth = integrated_wedges(WedgesParams(**{**WEDGES, **changes}))
    return cosym(experiments, table, CosymParams()).summary, truth


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_settings_that_pseudo_symmetry_makes_nearly_alike(seed):
    """Atoms .4 Å from P 31 2 1: by products of intensities half of the wedges end in the wrong one of two settings."""
    summary, truth = run(**P31, ncs="y,x,-z", ncs_shift=0.4, seed=seed)
    assert summary.laue_group == "P -3"
    to_first = [np.linalg.inv(P) @ parse_change_of_basis(Q) for P, Q in zip(truth.setting, summary.changes)]
    apart = [np.rint(P @ np.linalg.inv(to_first[0])).astype(int) for P in to_first]
    own = {W.tobytes() for W in rotations("P 3")}
    assert all(np.ascontiguousarray(W).tobytes() in own for W in apart)


def test_equivalents_of_several_wedges_agree_as_those_of_one_sweep():
    """With own shells of 50 for each wedge they differed by .023 of the variance."""
    summary, _ = run(cell=(40, 40, 50, 90, 90, 120), space_group="P3121", mean_intensity=165.0, seed=2)
    assert summary.laue_group == "P -3 m 1"
    assert summary.level < 0.007
