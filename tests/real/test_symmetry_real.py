"""symmetry on real integrated data."""

import numpy as np
import pytest

from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.steps.symmetry.params import SymmetryParams
from gnomon.steps.symmetry.step import symmetry

pytestmark = pytest.mark.real


@pytest.fixture
def l_cysteine(shared):
    """The four complete sweeps, each indexed by itself."""
    folder = shared / "l_cysteine_integrated"
    experiments, tables = [], []
    for i, name in enumerate((20, 25, 30, 35)):
        experiments += list(read_experiments(folder / f"{name}_integrated_experiments.json"))
        table = read_reflections(folder / f"{name}_integrated.refl")
        tables.append(table.with_columns({"id": np.where(table["id"] >= 0, i, -1)}))
    return Experiments.of(experiments), Reflections.concatenate(tables)


def test_l_cysteine_is_p212121_with_no_help(l_cysteine):
    result = symmetry(*l_cysteine, SymmetryParams())
    assert result.summary.space_group == "P 21 21 21"
    # .909 by the prior that printed 2 to 4 points more than was right; what is printed so now is right in .85 of cases
    assert result.summary.laue_confidence == pytest.approx(0.85, abs=0.03)
    for experiment in result.experiments:
        np.testing.assert_allclose(experiment.crystal.cell[:3], [5.46, 8.18, 12.10], rtol=0.01)
        np.testing.assert_allclose(experiment.crystal.cell[3:], 90, atol=1e-9)


@pytest.mark.parametrize("first", [0, 100, 300])
def test_narrow_wedges_keep_the_lattice(l_cysteine, first):
    """Fifteen images a sweep hold about 100 reflections and next to no pair of equivalents."""
    experiments, table = l_cysteine
    z = table["xyzcal.px"][:, 2]
    result = symmetry(experiments, table.select((z >= first) & (z < first + 15)), SymmetryParams())
    assert result.summary.laue_group == "P 2 2 2"
    assert "too few equivalent pairs" in result.summary.laue_reason


def test_insulin_is_cubic_and_its_screw_cannot_be_told(shared):
    gemmi = pytest.importorskip("gemmi")
    from gnomon.maths.crystal.change_of_basis import to_primitive
    from gnomon.maths.crystal.lattice import b_matrix, niggli
    from gnomon.maths.crystal.symmetry import space_group
    from gnomon.models.beam import Beam
    from gnomon.models.crystal import Crystal
    from gnomon.models.detector import Detector
    from gnomon.models.experiment import Experiment
    from gnomon.models.flags import Flag

    mtz = gemmi.read_mtz_file(str(shared / "unmerged" / "insulin_dials_scaled_unmerged.mtz"))
    mtz.switch_to_original_hkl()
    hkl = np.column_stack([mtz.column_with_label(c).array for c in "HKL"]).astype(int)
    P = to_primitive(space_group("I 2 3"))
    A, Q = niggli(b_matrix(np.array(mtz.cell.parameters)) @ np.linalg.inv(P).T)
    table = Reflections(
        {
            "id": np.zeros(len(hkl), int),
            "miller_index": np.rint(hkl @ P @ Q).astype(int),
            "intensity.sum.value": mtz.column_with_label("I").array,
            "intensity.sum.variance": mtz.column_with_label("SIGI").array ** 2,
            "flags": np.full(len(hkl), int(Flag.INTEGRATED_SUM)),
        }
    )
    experiments = Experiments.of([Experiment(Beam(), Detector(()), crystal=Crystal(A))])
    result = symmetry(experiments, table, SymmetryParams())
    assert result.summary.space_group == "I 2 3"
    assert "cannot tell it from I 21 3" in result.summary.space_group_reason
    np.testing.assert_allclose(result.experiments[0].crystal.cell, [78.1, 78.1, 78.1, 90, 90, 90], atol=0.1)
