"""Scales relative to a reference: planted factors come back as they were planted, not up to a common one."""

from __future__ import annotations

import gemmi
import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.mtz import write_merged_mtz
from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.model_structure_factors import model_intensities
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.merged import Measured, MergedData
from gnomon.models.subset import subset
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale
from gnomon.steps.scale.target import was_scaled

from .planted import CELL, experiments, reflections, true_scale


def write_mtz(path, hkl, intensity, group="P 21 21 21", cell=CELL):
    mean = Measured(intensity, np.full(len(hkl), 1.0), np.ones(len(hkl), int))
    write_merged_mtz(path, MergedData(hkl, cell, gemmi.SpaceGroup(group).hall, 1.0, mean))


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Two sweeps, and a file with the truth of four fifths of the reflections, on a scale of its own."""
    table, truth = reflections(2, multiplicity=(1, 4), b=0.01)
    path = tmp_path_factory.mktemp("reference") / "known.mtz"
    hkl, first = np.unique(np.abs(table["miller_index"]), axis=0, return_index=True)
    keep = np.arange(len(hkl)) % 5 > 0
    write_mtz(path, hkl[keep], 1e-3 * truth[first][keep])
    return table, path


def factors(result, table):
    """The fitted over the planted scales."""
    z, d = table["xyzobs.px.value"][:, 2], d_spacing(table["miller_index"], CELL)
    return result.reflections["inverse_scale_factor"] / true_scale(table["id"], z, d)


def test_scales_are_those_of_the_reference(planted):
    """True scales times 1000, the reference's scale, to 1 % in either sweep, and B without a common part."""
    table, path = planted
    result = scale(experiments(2), table, ScaleParams(reference=str(path)))
    ratio = factors(result, table)
    for i in range(2):
        assert np.median(ratio[table["id"] == i]) == pytest.approx(1000, rel=0.01)
    inverse = d_spacing(table["miller_index"], CELL) ** -2.0 / 2
    assert np.polyfit(inverse, np.log(ratio), 1)[0] == pytest.approx(0, abs=0.4)  # Å², of which the data span 6
    (said,) = [d for d in result.summary.decisions if "scaled to" in d.what]
    assert said.evidence["correlation"] > 0.99
    assert said.evidence["in common"] == said.evidence["of"]


def test_a_reference_goes_by_its_older_names_too():
    for name in ("reference", "target_mtz", "target_model"):
        assert ScaleParams(**{name: "known.mtz"}).reference_file == "known.mtz"


def test_one_observation_of_each_reflection_is_scaled_by_a_reference_alone(planted):
    """Without equivalents nothing but the reference tells a scale."""
    table, path = planted
    _, first = np.unique(np.abs(table["miller_index"]), axis=0, return_index=True)
    once = table.select(first)
    result = scale(experiments(2), once, ScaleParams(reference=str(path), model="physical"))
    assert result.summary.models == ("physical with absorption",) * 2
    ratio = factors(result, once)
    for i in range(2):
        assert np.median(ratio[once["id"] == i]) == pytest.approx(1000, rel=0.03)


def test_new_data_are_scaled_to_those_scaled_before():
    """The second sweep, 1.5 times as strong, to the first alone, whose scales and rows stay as they are."""
    smooth = {"absorption_correction": False}
    table, _ = reflections(2, multiplicity=(4, 6), b=0.01)
    both = experiments(2)
    first = scale(*subset(both, table, [0]), ScaleParams(**smooth))
    second = subset(both, table, [1])[1]
    made = {name for name in first.reflections if name not in table}
    second = second.with_columns({"id": np.ones(len(second), int)}).with_identifiers({1: "1"})
    joined = type(table).concatenate([first.reflections, second], made)
    pair = both.with_items([first.experiments[0], both[1]])
    assert [was_scaled(e) for e in pair] == [True, False]
    result = scale(pair, joined, ScaleParams(only_target=True, only_save_targeted=False, **smooth))
    assert [e.identifier for e in result.experiments] == ["0", "1"]
    old, new = (result.reflections.select(result.reflections["id"] == i) for i in range(2))
    for name in ("inverse_scale_factor", "intensity.scale.variance", "flags"):
        np.testing.assert_array_equal(old[name], first.reflections[name])
    before, after = (
        part["inverse_scale_factor"]
        / true_scale(part["id"], part["xyzobs.px.value"][:, 2], d_spacing(part["miller_index"], CELL))
        for part in (old, new)
    )
    assert np.median(after) / np.median(before) == pytest.approx(1, abs=0.01)
    assert np.median(first.reflections["inverse_scale_factor"]) == pytest.approx(1, abs=0.1)
    assert np.median(new["inverse_scale_factor"]) > 1.3


def test_a_model_is_a_reference(tmp_path):
    """Scales of intensities that follow the model with its solvent are 20 times a planted curve, to 1 %."""
    structure = gemmi.Structure()
    structure.cell, structure.spacegroup_hm = gemmi.UnitCell(*CELL), "P 21 21 21"
    rng, chain, model = np.random.default_rng(3), gemmi.Chain("A"), gemmi.Model(1)
    for i in range(60):
        residue, atom = gemmi.Residue(), gemmi.Atom()
        residue.name, residue.seqid = "ALA", gemmi.SeqId(str(i + 1))
        atom.name, atom.element, atom.b_iso = "C", gemmi.Element("C"), 15.0
        atom.pos = gemmi.Position(*rng.uniform(0, 24, 3))
        residue.add_atom(atom)
        chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    structure.setup_entities()
    structure.write_pdb(str(tmp_path / "model.pdb"))
    structure = gemmi.read_structure(str(tmp_path / "model.pdb"))
    table, _ = reflections(1, multiplicity=(1, 3))
    hkl = np.abs(table["miller_index"])
    unique, label = np.unique(hkl, axis=0, return_inverse=True)
    truth = model_intensities(structure, unique, 3.0)[label.reshape(-1)]
    z, d = table["xyzobs.px.value"][:, 2], d_spacing(hkl, CELL)
    counts = rng.poisson(20 * truth * true_scale(table["id"], z, d)).astype(float)
    table = table.with_columns({"intensity.sum.value": counts, "intensity.sum.variance": counts + 1.0})
    result = scale(experiments(1), table, ScaleParams(reference=str(tmp_path / "model.pdb")))
    strong = truth > np.median(truth)
    assert np.median(factors(result, table)[strong]) == pytest.approx(20, rel=0.01)


def test_what_cannot_be_a_reference_is_told(planted, tmp_path):
    table, _ = planted
    cubic = tmp_path / "cubic.mtz"
    write_mtz(
        cubic, possible_indices(CELL, "P 4 3 2", 6.0), np.ones(len(possible_indices(CELL, "P 4 3 2", 6.0))), "P 4 3 2"
    )
    with pytest.raises(InputError, match=r"is in P 4 3 2, the data in P 21 21 21; reindex"):
        scale(experiments(2), table, ScaleParams(reference=str(cubic)))
    few = tmp_path / "few.mtz"
    write_mtz(few, table["miller_index"][:1] ** 2 // np.abs(table["miller_index"][:1]).clip(1), np.ones(1))
    with pytest.raises(InputError, match="1 reflections in common, 20 are needed"):
        scale(experiments(2), table, ScaleParams(reference=str(few)))
    with pytest.raises(InputError, match="none of 2 were; give both kinds"):
        scale(experiments(2), table, ScaleParams(only_target=True))
