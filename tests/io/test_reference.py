"""Reference data of every kind of file, and that a model tells the two settings of insulin apart."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import gemmi
import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.mmcif import write_mmcif
from gnomon.io.mtz import write_merged_mtz, write_unmerged_mtz
from gnomon.io.reference import read_reference
from gnomon.maths.crystal.change_of_basis import matched
from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.model_structure_factors import (
    atom_structure_factors,
    model_intensities,
    solvent_structure_factors,
)
from gnomon.maths.crystal.symmetry import to_asu
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.merged import MergedData
from gnomon.models.unmerged import UnmergedData

SHARED = Path(os.environ["GNOMON_SHARED_DATA"])


def small_structure() -> gemmi.Structure:
    """Twelve carbon and oxygen atoms in P 21 21 21."""
    rng = np.random.default_rng(2)
    structure = gemmi.Structure()
    structure.cell = gemmi.UnitCell(18, 21, 25, 90, 90, 90)
    structure.spacegroup_hm = "P 21 21 21"
    residue = gemmi.Residue()
    residue.name, residue.seqid = "ALA", gemmi.SeqId("1")
    for i in range(12):
        atom = gemmi.Atom()
        atom.name, atom.element = f"C{i}", gemmi.Element("C" if i % 3 else "O")
        atom.pos, atom.b_iso = gemmi.Position(*rng.uniform(0, 12, 3)), 12.0
        residue.add_atom(atom)
    chain, model = gemmi.Chain("A"), gemmi.Model(1)
    chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    structure.setup_entities()
    structure.setup_cell_images()
    return structure


def test_merged_files_give_their_intensities(tmp_path: Path, merged_data: MergedData) -> None:
    write_merged_mtz(tmp_path / "m.mtz", merged_data)
    write_mmcif(tmp_path / "m.cif", merged_data)
    for name in ("m.mtz", "m.cif"):
        found = read_reference(tmp_path / name)
        assert found.hall_symbol == " C 2y"
        np.testing.assert_allclose(found.cell, merged_data.cell, rtol=1e-5)
        i, j = matched(merged_data.hkl, found.hkl)
        assert len(i) == len(found) == len(merged_data)
        np.testing.assert_allclose(found.intensity[j], merged_data.mean.intensity[i], rtol=1e-4, atol=0.1)


def test_amplitudes_are_squared(tmp_path: Path, merged_data: MergedData) -> None:
    write_merged_mtz(tmp_path / "m.mtz", merged_data)
    mtz = gemmi.read_mtz_file(str(tmp_path / "m.mtz"))
    for label in ("IMEAN", "I(+)", "I(-)"):
        mtz.remove_column(mtz.column_labels().index(label))
    mtz.write_to_file(str(tmp_path / "f.mtz"))
    found = read_reference(tmp_path / "f.mtz")
    i, j = matched(merged_data.hkl, found.hkl)
    np.testing.assert_allclose(found.intensity[j], merged_data.mean.amplitude[i] ** 2, rtol=1e-5)  # type: ignore[index]


def test_unmerged_data_are_averaged(tmp_path: Path, unmerged_data: Callable[..., UnmergedData]) -> None:
    data = unmerged_data(1)
    write_unmerged_mtz(tmp_path / "u.mtz", data)
    found = read_reference(tmp_path / "u.mtz", d_min=4.0)
    assert d_spacing(found.hkl, found.cell).min() >= 4
    asu, _ = to_asu(data.hkl, data.hall_symbol)
    one = int(len(found) / 2)
    same = (asu == found.hkl[one]).all(axis=1)
    assert found.intensity[one] == pytest.approx(data.intensity[same].mean(), rel=1e-5)


def test_structure_factors_are_those_of_a_sum_over_atoms() -> None:
    structure = small_structure()
    hkl = possible_indices(np.array(structure.cell.parameters), "P 21 21 21", 2.0)[::7]
    calculator = gemmi.StructureFactorCalculatorX(structure.cell)
    summed = np.array([calculator.calculate_sf_from_model(structure[0], h) for h in hkl.tolist()])
    found = atom_structure_factors(structure, hkl, 2.0)
    assert np.abs(found - summed).max() < 0.01 * np.abs(summed).max()


def test_solvent_fills_what_atoms_leave_and_is_smooth() -> None:
    structure = small_structure()
    cell = np.array(structure.cell.parameters)
    volume = solvent_structure_factors(structure, np.zeros((1, 3), int), 1.8)[0].real / structure.cell.volume
    assert 0.5 < volume < 0.95  # of the cell: 48 atoms of 9,450 Å^3
    hkl = possible_indices(cell, "P 21 21 21", 1.8)
    d = d_spacing(hkl, cell)
    bare = np.abs(atom_structure_factors(structure, hkl, 1.8)) ** 2
    wet = model_intensities(structure, hkl, 1.8)
    assert np.corrcoef(wet[d > 9], bare[d > 9])[0, 1] < 0.99
    assert np.corrcoef(wet[d < 2.2], bare[d < 2.2])[0, 1] > 0.999


def test_models_are_read_as_pdb_and_mmcif(tmp_path: Path) -> None:
    structure = small_structure()
    structure.write_pdb(str(tmp_path / "a.pdb"))
    structure.make_mmcif_document().write_file(str(tmp_path / "a.cif"))
    pdb, cif = (read_reference(tmp_path / name, 2.5) for name in ("a.pdb", "a.cif"))
    assert pdb.hall_symbol == " P 2ac 2ab"
    np.testing.assert_array_equal(pdb.hkl, cif.hkl)
    np.testing.assert_allclose(pdb.intensity, cif.intensity, rtol=0.02, atol=pdb.intensity.mean() * 0.01)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.mtz", None, "no such file"),
        ("a.mtz", b"MTZ \0\0\0", "cannot be read"),
        ("a.xyz", b"12", "none of unmerged MTZ"),
        ("a.cif", b"data_a\n_cell.length_a 5\n", "no model"),
        ("b.cif", b"no cif at all", "cannot be read"),
        ("a.pdb", b"REMARK nothing\n", "no model"),
    ],
)
def test_bad_references_are_one_line(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        read_reference(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.real
@pytest.mark.skipif(not (SHARED / "models").is_dir(), reason="needs GNOMON_SHARED_DATA")
@pytest.mark.parametrize(("model", "swapped"), [("2bn3", False), ("3i40", True)])
def test_a_model_tells_the_setting_of_insulin(model: str, swapped: bool) -> None:
    """In I213 h,k,l and k,h,-l are both right; normalised intensities of a model know one from the other."""
    data = read_reference(SHARED / "unmerged/insulin_dials_scaled_unmerged.mtz")
    reference = read_reference(SHARED / f"models/{model}.pdb", 1.8)
    ccs = [_correlation(data.hkl @ P, data.intensity, reference) for P in (np.eye(3, dtype=int), SWAP)]
    assert max(ccs) > 0.6
    assert abs(min(ccs)) < 0.15
    assert bool(np.argmax(ccs)) is swapped


SWAP = np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1]])


def _correlation(hkl: np.ndarray, intensity: np.ndarray, reference) -> float:
    """Of intensities divided by the mean of their shell."""
    asu, _ = to_asu(hkl, reference.hall_symbol)
    i, j = matched(asu, reference.hkl)
    x, y = intensity[i], reference.intensity[j].copy()
    for rows in np.array_split(np.argsort(d_spacing(asu[i], reference.cell)), 20):
        x[rows] /= x[rows].mean()
        y[rows] /= y[rows].mean()
    return float(np.corrcoef(x, y)[0, 1])
