"""mmCIF as the wwPDB asks: valid by its dictionary, statistics, and unmerged data that stand by themselves."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest
from rotation_data import placed

from gnomon.io.mmcif import write_mmcif
from gnomon.io.mmcif_context import cell_and_symmetry
from gnomon.maths.data_sets.data_set import grouped_wavelengths
from gnomon.maths.intensities.data_quality import DataQuality
from gnomon.maths.intensities.statistics import MergingStatistics, merging_statistics
from gnomon.models.experiment import Experiments
from gnomon.models.goniometer import rotation_about
from gnomon.models.merged import MergedData
from gnomon.models.unmerged import UnmergedData

Maker = Callable[..., UnmergedData]
DICTIONARY = Path(os.environ.get("GNOMON_MMCIF_DICTIONARY", "/usr/share/libcifpp/mmcif_pdbx.dic"))
"""Debian's package libcifpp-data has it."""
HISTORY = ("2026-11-01T00:00:00|dials.integrate|3.12.1", "2026-11-02T00:00:00|gnomon.scale|0.1.0|reflections=a:b")


def statistics_of(data: MergedData) -> MergingStatistics:
    """Of four observations of each reflection, with noise."""
    rng = np.random.default_rng(3)
    hkl = np.repeat(data.hkl, 4, axis=0)
    truth = np.repeat(100 * rng.exponential(size=len(data)), 4)
    observed = truth + 5 * rng.normal(size=len(truth))
    return merging_statistics((hkl, observed, np.full(len(hkl), 25.0)), data.cell, data.hall_symbol)


@pytest.fixture
def written(tmp_path: Path, merged_data: MergedData, unmerged_data: Maker) -> tuple[Path, UnmergedData, DataQuality]:
    """A file of both kinds of data of two sweeps."""
    data = placed(unmerged_data(2))
    data = replace(data, experiments=Experiments.of(data.experiments, HISTORY))
    quality = DataQuality(statistics_of(merged_data), 23.4, 17)
    write_mmcif(tmp_path / "a.cif", merged_data, data, quality)
    return tmp_path / "a.cif", data, quality


@pytest.mark.skipif(not DICTIONARY.is_file(), reason="no mmCIF dictionary (libcifpp-data, GNOMON_MMCIF_DICTIONARY)")
def test_the_dictionary_finds_nothing_wrong(written: tuple[Path, UnmergedData, DataQuality]) -> None:
    said: list[str] = []
    ddl = gemmi.cif.Ddl(said.append)
    ddl.read_ddl(gemmi.cif.read(str(DICTIONARY)))
    said.clear()  # of the dictionary itself
    assert ddl.validate_cif(gemmi.cif.read(str(written[0]))), said
    assert said == []


def test_statistics_are_those_of_the_data(written: tuple[Path, UnmergedData, DataQuality]) -> None:
    path, _, quality = written
    block = gemmi.cif.read(str(path))[0]
    overall, shells = quality.statistics.overall, quality.statistics.shells
    for item, value in {
        "B_iso_Wilson_estimate": 23.4,
        "pdbx_scaling_rejects": 17,
        "d_resolution_high": overall.d_min[0],
        "number_obs": overall.n_unique[0],
        "pdbx_number_measured_all": overall.n_observations[0],
        "percent_possible_obs": 100 * overall.completeness[0],
        "pdbx_Rrim_I_all": overall.r_meas[0],
        "pdbx_CC_half": overall.cc_half[0],
    }.items():
        assert float(block.find_value(f"_reflns.{item}")) == pytest.approx(value, rel=1e-5), item
    found = np.array(block.find_loop("_reflns_shell.pdbx_Rpim_I_all"), float)
    np.testing.assert_allclose(found, shells.r_pim, rtol=1e-5)
    assert len(found) > 3
    programs = list(zip(*(block.find_loop(f"_software.{item}") for item in ("name", "classification"))))
    assert programs == [("dials", "'data reduction'"), ("gnomon", "'data scaling'")]
    assert "those of pdbx_r_free_flag 0" in block.find_value("_reflns.R_free_details")


def test_gemmi_makes_the_mtz_files_of_it_again(
    written: tuple[Path, UnmergedData, DataQuality], merged_data: MergedData
) -> None:
    path, data, _ = written
    blocks = gemmi.as_refln_blocks(gemmi.cif.read(str(path)))
    assert [block.is_unmerged() for block in blocks] == [False, True]
    merged, unmerged = (gemmi.CifToMtz().convert_block_to_mtz(block) for block in blocks)
    order = np.lexsort(merged_data.hkl.T[::-1])
    np.testing.assert_array_equal(merged.make_miller_array(), merged_data.hkl[order])
    for label, values in (("IMEAN", merged_data.mean.intensity), ("SIGF(-)", merged_data.minus.amplitude_sigma)):  # type: ignore[union-attr]
        np.testing.assert_allclose(merged.column_with_label(label).array, values[order], rtol=1e-6)  # type: ignore[index]
    assert (unmerged.nreflections, unmerged.spacegroup.xhm()) == (len(data), "C 1 2 1")
    np.testing.assert_allclose(np.sort(unmerged.column_with_label("I").array), np.sort(data.intensity), rtol=1e-6)


def numbers(text: str, name: str) -> np.ndarray:
    found = re.search(rf"{name} \(([^)]*)\)", text)
    assert found is not None
    return np.array([float(word) for word in found[1].split(",")])


def test_unmerged_data_stand_by_themselves(written: tuple[Path, UnmergedData, DataQuality]) -> None:
    """By the words of the file alone each reflection lies on the Ewald sphere, and its ray meets its pixel."""
    path, data, _ = written
    block = gemmi.cif.read(str(path))[1]
    names = ("diffrn_id", "index_h", "index_k", "index_l", "pdbx_scan_angle", "pdbx_detector_x", "pdbx_detector_y")
    rows = np.array([np.array(block.find_loop(f"_diffrn_refln.{name}"), float) for name in names]).T
    assert len(rows) == len(data)
    detectors = [gemmi.cif.as_string(v) for v in block.find_loop("_diffrn_detector.details")]
    scans = [gemmi.cif.as_string(v) for v in block.find_loop("_diffrn_measurement.details")]
    elements = [block.find_loop(f"_diffrn_orient_matrix.UB[{r}][{c}]") for r in (1, 2, 3) for c in (1, 2, 3)]
    wavelength = float(block.find_loop("_diffrn_radiation_wavelength.wavelength")[0])
    for i, (detector, scan) in enumerate(zip(detectors, scans)):
        UB = np.array([float(column[i]) for column in elements]).reshape(3, 3)
        s0 = -numbers(detector, "along") / wavelength
        axis, origin = numbers(scan, "about"), numbers(detector, "origin")
        fast, slow = numbers(detector, "fast axis"), numbers(detector, "slow axis")
        for row in rows[rows[:, 0] == i + 1][:40]:
            s1 = s0 + rotation_about(axis, np.deg2rad(row[4])) @ UB @ row[1:4]
            assert np.linalg.norm(s1) == pytest.approx(1 / wavelength, rel=1e-5)
            x, y, _ = np.linalg.solve(np.column_stack([fast, slow, -s1]), -origin)
            np.testing.assert_allclose([x / 0.1, y / 0.1], row[5:7], atol=0.05)


def test_rhombohedral_groups_have_their_names_in_the_pdb() -> None:
    cell = np.array([50.0, 50, 60, 90, 90, 120])
    assert "'H 3 2'" in cell_and_symmetry(cell, ' R 3 2"')
    assert "'P 1 21 1'" in cell_and_symmetry(cell, " P 2yb")


def test_wavelengths_are_told_apart() -> None:
    assert grouped_wavelengths([0.98, 0.9795, 0.98, 0.97951], 1e-4) == ([pytest.approx(0.979505), 0.98], [1, 0, 1, 0])
