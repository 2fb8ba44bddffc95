"""symmetry on made-up intensities whose group is known, in settings that hide it."""

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.maths.crystal.change_of_basis import to_primitive
from gnomon.maths.crystal.lattice import b_matrix, d_spacing, niggli
from gnomon.maths.crystal.symmetry import epsilon, is_absent, space_group, to_asu
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import rotation_about
from gnomon.models.reflections import Reflections
from gnomon.report.symmetry import describe
from gnomon.steps.symmetry.params import SymmetryParams
from gnomon.steps.symmetry.step import symmetry

CELLS = {
    "P 1": (11, 13, 17, 80, 95, 100),
    "C 1 2 1": (31, 15, 19, 90, 112, 90),
    "P 1 21 1": (14, 17, 21, 90, 101, 90),
    "P 21 21 21": (11, 17, 23, 90, 90, 90),
    "P 21 21 2": (15, 21, 13, 90, 90, 90),
    "C 2 2 21": (17, 27, 14, 90, 90, 90),
    "P 41 21 2": (18, 18, 25, 90, 90, 90),
    "P 4": (18, 18, 25, 90, 90, 90),
    "P 31 2 1": (19, 19, 27, 90, 90, 120),
    "R 3:H": (28, 28, 22, 90, 90, 120),
    "P 61": (17, 17, 29, 90, 90, 120),
    "I 2 3": (32, 32, 32, 90, 90, 90),
    "P 2 3": (21, 21, 21, 90, 90, 90),
}


def intensities(name, hkl, seed=0):
    """Wilson-distributed intensities with the symmetry of a group; (N,)."""
    group = space_group(name)
    asu, _ = to_asu(hkl, group)
    unique, inverse = np.unique(asu, axis=0, return_inverse=True)
    true = np.random.default_rng(seed).exponential(1.0, len(unique)) * 1000
    true[is_absent(unique, group)] = 0.0
    d = d_spacing(hkl, np.array(CELLS[name], float))
    return true[inverse.ravel()] * epsilon(hkl, group) * np.exp(-4.0 / d**2)


def made(name, seed=0, fraction=0.6, turn=0.3, distort=0.0, d_min=2.0, noise=1.0):
    """An experiment and its table, indexed in P 1 in a reduced cell: what index without a group gives."""
    rng = np.random.default_rng(seed)
    cell = np.array(CELLS[name], float)
    reach = np.ceil(cell[:3] / d_min).astype(int)
    hkl = np.indices(2 * reach + 1).reshape(3, -1).T - reach
    hkl = hkl[hkl.any(axis=1)]
    hkl = hkl[(d_spacing(hkl, cell) > d_min) & (rng.random(len(hkl)) < fraction)]
    to_p = to_primitive(space_group(name))
    h = hkl @ to_p
    whole = (np.abs(h - np.rint(h)) < 1e-6).all(axis=1)
    hkl = hkl[whole]
    true = intensities(name, hkl)
    sigma = np.sqrt(true + 25.0) * noise
    A = rotation_about(np.array([1, 2, 3]), turn) @ b_matrix(cell * (1 + distort * rng.normal(size=6)))
    reduced, Q = niggli(A @ np.linalg.inv(to_p).T)
    table = {
        "id": np.zeros(len(hkl), int),
        "miller_index": np.rint(hkl @ to_p @ Q).astype(int),
        "intensity.sum.value": rng.normal(true, sigma),
        "intensity.sum.variance": sigma**2,
        "flags": np.full(len(hkl), int(Flag.INTEGRATED_SUM)),
    }
    return Experiment(Beam(), Detector(()), crystal=Crystal(reduced)), Reflections(table)


def run(name, made_from=None, **params):
    experiment, table = made_from or made(name)
    return symmetry(Experiments.of([experiment]), table, SymmetryParams(**params))


@pytest.mark.parametrize("name", CELLS)
def test_the_group_is_found_with_no_help(name):
    result = run(name, made(name, distort=2e-4))
    chosen = space_group(result.summary.space_group)
    expected = space_group(name)
    if name == "C 1 2 1":  # or I 2, whichever is less oblique
        assert chosen.number == 5
    else:
        assert chosen.xhm() == expected.xhm()
    alike = result.experiments[0].crystal
    np.testing.assert_allclose(np.prod(alike.cell[:3]), np.prod(CELLS[name][:3]), rtol=0.2)
    h = result.reflections["miller_index"]
    strong = result.reflections["intensity.sum.value"] > 6 * np.sqrt(result.reflections["intensity.sum.variance"])
    assert not is_absent(h[strong], chosen).any()
    if expected.crystal_system_str() == "orthorhombic" and name != "P 21 21 2":
        np.testing.assert_allclose(alike.cell, CELLS[name], rtol=2e-3)


def test_equivalents_agree_after_reindexing():
    result = run("P 41 21 2")
    asu, _ = to_asu(result.reflections["miller_index"], space_group(result.summary.space_group))
    _, inverse = np.unique(asu, axis=0, return_inverse=True)
    value = result.reflections["intensity.sum.value"]
    mean = np.bincount(inverse.ravel(), value) / np.bincount(inverse.ravel())
    assert np.corrcoef(value, mean[inverse.ravel()])[0, 1] > 0.99


def test_the_lattice_stays_where_it_is():
    """A' h' = A h: reindexing must not move a reflection (beyond what constraining the cell does)."""
    experiment, table = made("P 21 21 2", distort=2e-4)
    result = run("P 21 21 2", (experiment, table))
    before = table["miller_index"] @ experiment.crystal.A.T
    after = result.reflections["miller_index"] @ result.experiments[0].crystal.A.T
    assert np.abs(before - after).max() < 2e-3 * np.abs(before).max()


def test_a_pseudo_orthorhombic_monoclinic_cell_stays_monoclinic(monkeypatch):
    monkeypatch.setitem(CELLS, "P 1 21 1", (14, 17, 21, 90, 90.02, 90))
    result = run("P 1 21 1")
    assert space_group(result.summary.space_group).xhm() == "P 1 21 1"
    assert len(result.summary.operators) == 3


def test_too_few_pairs_keep_the_lattice_and_say_so():
    result = run("P 21 21 21", made("P 21 21 21", fraction=0.008))
    assert result.summary.laue_group == "P 2 2 2"
    assert "too few equivalent pairs" in result.summary.laue_reason


def test_weak_data_still_tell():
    result = run("P 4", made("P 4", noise=3.0))
    assert result.summary.laue_group == "P 4"


def test_no_axial_reflections_leave_out_the_screw():
    experiment, table = made("P 21 21 21")
    axial = (table["miller_index"] == 0).sum(axis=1) == 2
    result = run("P 21 21 21", (experiment, table.select(~axial)))
    assert result.summary.space_group == "P 2 2 2"
    assert "no reflection was measured" in result.summary.space_group_reason


def test_glides_of_small_molecules(monkeypatch):
    monkeypatch.setitem(CELLS, "P 1 21/c 1", (9, 12, 14, 90, 104, 90))
    result = run("P 1 21/c 1", made("P 1 21/c 1", d_min=0.9), small_molecule=True)
    assert space_group(result.summary.space_group).number == 14


def test_sweeps_of_one_crystal_in_different_bases_come_together():
    first, table = made("I 2 3", fraction=0.3)
    second, other = made("I 2 3", seed=1, fraction=0.3)
    W = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    swapped = other.with_columns({"miller_index": other["miller_index"] @ W, "id": np.ones(len(other), int)})
    second = second.replace(crystal=second.crystal.reindexed(W))
    joined = Reflections.concatenate([table, swapped])
    result = symmetry(Experiments.of([first, second]), joined, SymmetryParams())
    assert result.summary.space_group == "I 2 3"
    A = [e.crystal.A for e in result.experiments]
    np.testing.assert_allclose(A[0], A[1], atol=1e-9)
    one = result.reflections.select(result.reflections["id"] == 1)
    np.testing.assert_allclose(one["miller_index"] @ A[1].T, other["miller_index"] @ first.crystal.A.T, atol=1e-9)


def test_crystals_in_other_orientations_are_matched_by_intensity():
    """Cubic I 2 3 has an indexing ambiguity: (k, h, -l) keeps the lattice and changes the intensities."""
    first, table = made("I 2 3", fraction=0.5)
    second, other = made("I 2 3", seed=1, fraction=0.5, turn=1.2)
    cubic = np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1]])
    to_p = to_primitive(space_group("I 2 3"))
    _, Q = niggli(b_matrix(np.array(CELLS["I 2 3"], float)) @ np.linalg.inv(to_p).T)
    W = np.rint(np.linalg.inv(to_p @ Q) @ cubic @ (to_p @ Q)).astype(int)
    wrong = other.with_columns({"miller_index": other["miller_index"] @ W, "id": np.ones(len(other), int)})
    second = second.replace(crystal=second.crystal.reindexed(W))
    result = symmetry(Experiments.of([first, second]), Reflections.concatenate([table, wrong]), SymmetryParams())
    assert result.summary.laue_group == "I 2 3"
    assert result.summary.laue_confidence > 0.9


def test_scaled_intensities_are_taken_where_there_are_any():
    """Raw intensities spoilt by a scale that hides the symmetry; the scale takes it away again."""
    experiment, table = made("P 41 21 2")
    g = np.random.default_rng(7).exponential(1.0, len(table)) + 0.01
    spoilt = {
        "intensity.sum.value": table["intensity.sum.value"] * g,
        "intensity.sum.variance": table["intensity.sum.variance"] * g**2,
    }
    raw = table.with_columns(spoilt)
    scaled = raw.with_columns(
        {
            "intensity.scale.value": spoilt["intensity.sum.value"],
            "intensity.scale.variance": spoilt["intensity.sum.variance"],
            "inverse_scale_factor": g,
        }
    )
    found = [run("P 41 21 2", (experiment, t)).summary.calibration.expected for t in (raw, scaled)]
    assert found[0] < 0.6
    assert found[1] > 0.95
    assert run("P 41 21 2", (experiment, scaled)).summary.space_group == "P 41 21 2"


def test_a_laue_group_can_be_given():
    assert run("P 41 21 2", laue_group="P 4/m").summary.laue_group == "P 4"
    assert run("P 41 21 2", laue_group="P 4", check_absences=False).summary.space_group == "P 4"
    with pytest.raises(InputError, match="does not have the symmetry 6/mmm"):
        run("P 41 21 2", laue_group="P 6 2 2")


def test_a_space_group_can_be_given():
    """The enantiomorph that absences cannot tell, and a group whose screws lie along the right axes."""
    assert run("P 41 21 2", space_group="P43212").summary.space_group == "P 43 21 2"
    result = run("P 21 21 2", space_group="P21212")
    assert result.summary.space_group == "P 21 21 2"
    np.testing.assert_allclose(result.experiments[0].crystal.cell[:3], CELLS["P 21 21 2"][:3], rtol=0.01)
    with pytest.raises(InputError, match="does not have the symmetry m-3"):
        run("P 41 21 2", space_group="I23")


def test_other_crystal_forms_are_refused():
    first, table = made("P 4")
    second, other = made("P 1")
    joined = Reflections.concatenate([table, other.with_columns({"id": np.ones(len(other), int)})])
    with pytest.raises(InputError, match="not one crystal form"):
        symmetry(Experiments.of([first, second]), joined, SymmetryParams())


def test_unusable_tables_are_refused():
    experiment, table = made("P 4")
    with pytest.raises(InputError, match="run integrate first"):
        run("P 4", (experiment, table.with_columns({"flags": np.zeros(len(table), int)})))
    with pytest.raises(InputError, match=r"intensity\.sum\.value; run integrate first"):
        run("P 4", (experiment, table.without_columns("intensity.sum.value")))


def test_rows_without_index_are_left_alone():
    experiment, table = made("P 4")
    bare = table.select(slice(0, 3)).with_columns({"id": np.full(3, -1), "miller_index": np.zeros((3, 3), int)})
    result = run("P 4", (experiment, Reflections.concatenate([table, bare])))
    assert not result.reflections["miller_index"][-3:].any()
    assert len(result.reflections) == len(table) + 3


def test_the_report_tells_what_was_decided():
    text = describe(run("P 21 21 21").summary)
    assert "-> P 2 2 2" in text
    assert "Space group P 21 21 21" in text
    assert "2-fold" in text
