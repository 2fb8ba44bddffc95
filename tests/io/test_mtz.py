"""MTZ files read back by gemmi, and the same unmerged file as dials.export."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments
from gnomon.io.mtz import read_free_set, write_merged_mtz, write_unmerged_mtz
from gnomon.io.mtz_batches import cambridge_frame
from gnomon.io.refl import read_reflections
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.models.merged import MergedData
from gnomon.models.unmerged import UnmergedData
from gnomon.steps.export.params import ExportParams
from gnomon.steps.export.step import export

QUARTZ = Path(os.environ["GNOMON_SHARED_DATA"]) / "dials_files/quartz_processed"


def test_merged_data_go_round(tmp_path: Path, merged_data: MergedData) -> None:
    write_merged_mtz(tmp_path / "m.mtz", merged_data)
    mtz = gemmi.read_mtz_file(str(tmp_path / "m.mtz"))
    assert mtz.spacegroup.xhm() == "C 1 2 1"
    assert mtz.sort_order[:3] == [1, 2, 3]
    np.testing.assert_allclose(mtz.cell.parameters, merged_data.cell)
    assert mtz.datasets[-1].wavelength == pytest.approx(0.9)
    order = np.lexsort(merged_data.hkl.T[::-1])
    np.testing.assert_array_equal(mtz.make_miller_array(), merged_data.hkl[order])
    assert merged_data.plus is not None
    assert merged_data.minus is not None
    for label, values in (
        ("IMEAN", merged_data.mean.intensity),
        ("SIGF", merged_data.mean.amplitude_sigma),
        ("I(+)", merged_data.plus.intensity),
        ("SIGI(-)", merged_data.minus.sigma),
        ("N(-)", merged_data.minus.count),
        ("DANO", merged_data.plus.amplitude - merged_data.minus.amplitude),  # type: ignore[operator]
        ("FreeR_flag", merged_data.free),
    ):
        assert values is not None
        np.testing.assert_allclose(mtz.column_with_label(label).array, values[order], rtol=1e-6)


def test_the_free_set_comes_back(tmp_path: Path, merged_data: MergedData) -> None:
    write_merged_mtz(tmp_path / "m.mtz", merged_data)
    read = read_free_set(tmp_path / "m.mtz")
    found = {tuple(h): f for h, f in zip(read.hkl.tolist(), read.flag.tolist())}
    assert merged_data.free is not None
    assert (read.hall_symbol, read.cell.round(2).tolist()) == (merged_data.hall_symbol, merged_data.cell.tolist())
    assert read.intensity is not None
    assert found == {tuple(h): f for h, f in zip(merged_data.hkl.tolist(), merged_data.free.tolist())}


def test_flags_of_other_programs_keep_their_name_and_meaning(tmp_path: Path, merged_data: MergedData) -> None:
    """1 for free, as Phenix has it: under FreeR_flag CCP4 programs took all but 5 % for free."""
    assert merged_data.free is not None
    phenix = replace(merged_data, free=(merged_data.free == 0).astype(int))
    write_merged_mtz(tmp_path / "p.mtz", phenix)
    mtz = gemmi.read_mtz_file(str(tmp_path / "p.mtz"))
    assert mtz.rfree_column().label == "R-free-flags"
    assert "FreeR_flag" not in mtz.column_labels()
    assert read_free_set(tmp_path / "p.mtz").flag.sum() == phenix.free.sum()
    write_merged_mtz(tmp_path / "none.mtz", replace(merged_data, free=np.ones(len(merged_data))))
    with pytest.raises(InputError, match="the same FreeR_flag for all"):
        read_free_set(tmp_path / "none.mtz")


def test_a_file_without_a_free_set_is_told(tmp_path: Path, unmerged_data: Callable[..., UnmergedData]) -> None:
    write_unmerged_mtz(tmp_path / "u.mtz", unmerged_data())
    (tmp_path / "text.mtz").write_text("no mtz")
    for name, said in (("u.mtz", "no free-set column"), ("text.mtz", "not an MTZ"), ("none.mtz", "no such file")):
        with pytest.raises(InputError, match=said):
            read_free_set(tmp_path / name)


@pytest.mark.parametrize("hall", [" C 2y", " P 1", " P 2ac 2ab", " I 4 2 3", "-P 2ybc", ' P 31 2"', ' R 3 2"'])
def test_unmerged_data_go_round(tmp_path: Path, unmerged_data: Callable[..., UnmergedData], hall: str) -> None:
    data = unmerged_data(hall=hall)
    if hall.startswith(" R"):  # readers take another cell for the rhombohedral setting
        data = replace(data, cell=np.array([20.0, 20, 30, 90, 90, 120]))
    write_unmerged_mtz(tmp_path / "u.mtz", data)
    mtz = gemmi.read_mtz_file(str(tmp_path / "u.mtz"))
    asu = mtz.make_miller_array()
    gemmi_asu = gemmi.ReciprocalAsu(mtz.spacegroup)
    assert all(gemmi_asu.is_in(h) for h in asu.tolist())
    keys = np.column_stack([asu, mtz.column_with_label("M/ISYM").array, mtz.column_with_label("BATCH").array])
    assert (np.lexsort(keys.T[::-1]) == np.arange(len(keys))).all()
    mtz.switch_to_original_hkl()
    columns = [mtz.column_with_label(c).array for c in ("BATCH", "I", "SIGI", "XDET", "ROT", "SCALEUSED", "LP")]
    back = np.column_stack([mtz.make_miller_array(), *columns])
    values = (data.batches(), data.intensity, data.sigma, data.xyz[:, 0], data.phi, data.scale, data.lp)
    given = np.column_stack([data.hkl, *values]).astype(np.float32)
    np.testing.assert_allclose(back[np.lexsort(back.T[::-1])], given[np.lexsort(given.T[::-1])], rtol=1e-6)


def test_batches_of_sweeps_do_not_meet(tmp_path: Path, unmerged_data: Callable[..., UnmergedData]) -> None:
    data = unmerged_data()
    assert data.batch_offsets() == [0, 200]
    write_unmerged_mtz(tmp_path / "u.mtz", data)
    batches = gemmi.read_mtz_file(str(tmp_path / "u.mtz")).batches
    assert [b.number for b in batches] == [*range(1, 121), *range(211, 241)]


def test_batch_headers_tell_the_orientation(tmp_path: Path, unmerged_data: Callable[..., UnmergedData]) -> None:
    data = unmerged_data()
    write_unmerged_mtz(tmp_path / "u.mtz", data)
    batch = gemmi.read_mtz_file(str(tmp_path / "u.mtz")).batches[120 + 4]  # image 15 of the second sweep
    e = data.experiments[1]
    assert e.crystal is not None
    assert e.goniometer is not None
    U = np.array([batch.floats[6 + i] for i in range(9)]).reshape(3, 3).T
    np.testing.assert_allclose(U @ U.T, np.eye(3), atol=1e-6)
    cell = np.array([batch.floats[i] for i in range(6)])
    in_laboratory = cambridge_frame(e).T @ U @ b_matrix(cell)
    np.testing.assert_allclose(in_laboratory, e.goniometer.fixed_rotation @ e.crystal.A, atol=1e-6)
    assert [batch.floats[i] for i in (36, 37, 47)] == pytest.approx([12.0, 12.5, 0.5])
    assert [batch.floats[86], batch.floats[111]] == pytest.approx([0.9, 120])
    source = np.array([batch.floats[83 + i] for i in range(3)])
    np.testing.assert_allclose(cambridge_frame(e) @ e.goniometer.lab_axis, [0, 0, 1], atol=1e-9)
    np.testing.assert_allclose(source, [-1, 0, 0], atol=0.02)


@pytest.mark.real
@pytest.mark.interop
@pytest.mark.skipif(not QUARTZ.exists(), reason="no shared data (GNOMON_SHARED_DATA)")
@pytest.mark.skipif(shutil.which("dials.export") is None, reason="no DIALS on the PATH")
def test_the_same_file_as_dials(tmp_path: Path) -> None:
    files = [QUARTZ.absolute() / f"scaled.{kind}" for kind in ("expt", "refl")]
    subprocess.run(
        ["dials.export", *map(str, files), "mtz.hklout=d.mtz"], cwd=tmp_path, check=True, capture_output=True
    )
    data = export(read_experiments(files[0]), read_reflections(files[1]), ExportParams()).product
    write_unmerged_mtz(tmp_path / "g.mtz", data)
    tables = []  # without QE, which the table does not have and DIALS takes as 1
    ours, theirs = (gemmi.read_mtz_file(str(tmp_path / name)) for name in ("g.mtz", "d.mtz"))
    labels = [label for label in theirs.column_labels() if label not in ("H", "K", "L", "M/ISYM", "QE")]
    for mtz in (ours, theirs):
        mtz.switch_to_original_hkl()
        table = np.column_stack([mtz.make_miller_array(), *(mtz.column_with_label(c).array for c in labels)])
        tables.append(table[np.lexsort(table.T[::-1])])
    np.testing.assert_allclose(tables[0], tables[1], rtol=1e-5, atol=1e-5)
    for place in range(156):
        assert ours.batches[50].floats[place] == pytest.approx(theirs.batches[50].floats[place], abs=2e-3), place
