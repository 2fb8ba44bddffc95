"""reindex to a cell that the user gives."""

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.steps.reindex.params import ReindexParams
from gnomon.steps.reindex.step import reindex

WANTED = (62.7, 54.5, 90.5, 90.0, 127.0, 90.0)


def crystal(P=None):
    """C 2 in the wanted cell, or that after the change P."""
    made = Crystal(b_matrix(np.array(WANTED)), " C 2y")
    return made if P is None else made.reindexed(np.array(P, float))


def run(made, **params):
    experiments = Experiments.of([Experiment(Beam(), Detector(()), crystal=made)])
    table = Reflections({"miller_index": np.array([[2, 0, 1], [1, 1, 3]]), "flags": np.zeros(2)})
    return reindex(experiments, table, ReindexParams(**params))


def test_a_monoclinic_crystal_goes_to_the_cell_that_was_given():
    """From the setting with the least oblique angle (beta 96.5 of I 2) back to that of the publication."""
    other = crystal([[-1, 0, -1], [0, 1, 0], [0, 0, -1]])
    result = run(other, unit_cell=WANTED, space_group="C2")
    np.testing.assert_allclose(result.experiments[0].crystal.cell, WANTED, atol=1e-6)
    assert result.summary.space_group == "C 2y"


def test_the_cell_that_is_there_stays():
    result = run(crystal(), unit_cell=WANTED)
    assert result.summary.change_of_basis == "a,b,c"


def test_another_lattice_is_refused():
    with pytest.raises(InputError, match="no basis of the lattice"):
        run(crystal(), unit_cell=(50, 60, 70, 90, 90, 90))
