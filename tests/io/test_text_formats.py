"""mmCIF, XDS_ASCII, SHELX and scalepack: what is written is read back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.mmcif import write_mmcif
from gnomon.io.mtz import write_merged_mtz, write_unmerged_mtz
from gnomon.io.scalepack import write_scalepack
from gnomon.io.shelx import element_symbols, symmetry_lines, write_shelx_hkl, write_shelx_ins
from gnomon.io.xds_ascii import write_xds_ascii
from gnomon.maths.crystal.symmetry import is_centric, operations
from gnomon.models.merged import MergedData
from gnomon.models.unmerged import UnmergedData

Maker = Callable[..., UnmergedData]


def sorted_rows(table: np.ndarray) -> np.ndarray:
    return table[np.lexsort(table.T[::-1])]


def test_mmcif_of_both_goes_round(tmp_path: Path, merged_data: MergedData, unmerged_data: Maker) -> None:
    data = unmerged_data()
    write_mmcif(tmp_path / "a.cif", merged_data, data)
    document = gemmi.cif.read(str(tmp_path / "a.cif"))
    assert [block.name for block in document] == ["merged", "unmerged"]
    merged = gemmi.as_refln_blocks(gemmi.cif.read(str(tmp_path / "a.cif")))[0]
    assert merged.wavelength == pytest.approx(0.9)
    assert merged_data.free is not None
    assert list(document[0].find_loop("_refln.status")).count("f") == int((merged_data.free == 0).sum())
    order = np.lexsort(merged_data.hkl.T[::-1])
    np.testing.assert_array_equal(merged.make_miller_array(), merged_data.hkl[order])
    np.testing.assert_allclose(merged.make_float_array("intensity_meas"), merged_data.mean.intensity[order], rtol=1e-4)
    names = ("index_h", "index_k", "index_l", "intensity_net", "intensity_sigma", "pdbx_scan_angle")
    found = np.array([[float(v) for v in document[1].find_loop(f"_diffrn_refln.{name}")] for name in names]).T
    given = np.column_stack([data.hkl, data.intensity, data.sigma, data.phi])
    np.testing.assert_allclose(sorted_rows(found), sorted_rows(given), rtol=2e-3, atol=1e-3)


def test_mmcif_of_nothing_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither merged nor unmerged"):
        write_mmcif(tmp_path / "a.cif")


@pytest.mark.parametrize("sweeps", [1, 2])
def test_xds_ascii_goes_round(tmp_path: Path, unmerged_data: Maker, sweeps: int) -> None:
    data = unmerged_data(sweeps)
    write_xds_ascii(tmp_path / "a.HKL", data)
    read = gemmi.read_xds_ascii(str(tmp_path / "a.HKL"))
    assert read.data_size == len(data)
    assert (read.spacegroup_number, read.wavelength) == (5, pytest.approx(0.9))
    np.testing.assert_allclose(read.cell_constants, data.cell)
    assert data.experiments[0].goniometer is not None
    np.testing.assert_allclose(list(read.rotation_axis), data.experiments[0].goniometer.lab_axis, atol=1e-6)
    found = np.column_stack([read.miller_array, read.iobs_array, read.sigma_array, read.xd_array, read.zd_array])
    given = np.column_stack([data.hkl, data.intensity, data.sigma, data.xyz[:, 0] + 0.5, data.xyz[:, 2]])
    np.testing.assert_allclose(sorted_rows(found), sorted_rows(given), rtol=1e-4, atol=0.051)
    assert read.iset_array.tolist().count(2) == int((data.experiment == 1).sum())


def header(path: Path, name: str) -> np.ndarray:
    line = next(line for line in path.read_text().splitlines() if line.startswith(f"!{name}="))
    return np.array([float(v) for v in line.partition("=")[2].split()])


def test_xds_geometry_predicts_where_spots_are(tmp_path: Path, unmerged_data: Maker) -> None:
    """With XDS' own formulae on the header: the beam meets the detector where our detector says."""
    data = unmerged_data(1)
    path = tmp_path / "a.HKL"
    write_xds_ascii(path, data)
    e = data.experiments[0]
    s0 = header(path, "INCIDENT_BEAM_DIRECTION")
    np.testing.assert_allclose(np.linalg.norm(s0), 1 / 0.9, rtol=1e-5)
    text = path.read_text()
    org = [float(text.split(f"{name}=")[1].split()[0]) for name in ("ORGX", "ORGY", "DETECTOR_DISTANCE")]
    x, y = header(path, "DIRECTION_OF_DETECTOR_X-AXIS"), header(path, "DIRECTION_OF_DETECTOR_Y-AXIS")
    ray = s0 * org[2] / (s0 @ np.cross(x, y))
    pixel = np.array([ray @ x / 0.1 + org[0], ray @ y / 0.1 + org[1]])
    expected = e.detector.mm_to_pixel(0, e.detector.intersect(0, s0[None]))[0]
    np.testing.assert_allclose(pixel - 0.5, expected, atol=0.02)
    axes = np.array([header(path, f"UNIT_CELL_{axis}-AXIS") for axis in "ABC"])
    lengths = np.linalg.norm(axes, axis=1)
    np.testing.assert_allclose(lengths, data.cell[:3], rtol=1e-4)


@pytest.mark.parametrize("factor", [1.0, 1e6, 1e-6])
def test_shelx_hkl_goes_round(tmp_path: Path, unmerged_data: Maker, factor: float) -> None:
    data = unmerged_data()
    data = replace(data, intensity=data.intensity * factor, sigma=data.sigma * factor)
    scale = write_shelx_hkl(tmp_path / "a.hkl", data)
    lines = (tmp_path / "a.hkl").read_text().splitlines()
    assert lines[-1].split()[:3] == ["0", "0", "0"]
    assert {len(line) for line in lines} == {32}  # 3I4, 2F8.2, I4: nothing runs out of its columns
    widths = ((0, 4), (4, 8), (8, 12), (12, 20), (20, 28), (28, 32))
    found = np.array([[float(line[a:b]) for a, b in widths] for line in lines[:-1]])
    given = np.column_stack([data.hkl, data.intensity * scale, data.sigma * scale, data.experiment + 1])
    np.testing.assert_allclose(sorted_rows(found), sorted_rows(given), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(sorted_rows(found)[:, 4] / sorted_rows(given)[:, 4], 1, atol=2e-3)  # sigmas keep digits
    assert np.abs(found[:, 3]).max() > 500
    assert scale == 1 or factor != 1


def test_shelx_keeps_the_digits_of_strong_and_weak_at_once(tmp_path: Path, unmerged_data: Maker) -> None:
    """Of intensities from 1e-3 to 3e5 most sigmas sat at .01; a point may stand anywhere in the eight columns."""
    rng, n = np.random.default_rng(2), 200
    intensity = 10 ** rng.uniform(-3, 5.5, n)
    data = replace(unmerged_data(n=n), intensity=intensity, sigma=0.03 * intensity**0.7)
    scale = write_shelx_hkl(tmp_path / "a.hkl", data)
    lines = (tmp_path / "a.hkl").read_text().splitlines()[:-1]
    found = np.array([[float(line[12:20]), float(line[20:28])] for line in lines]) / scale
    given = np.column_stack([data.intensity, data.sigma])[np.lexsort(data.hkl.T[::-1])]
    strong = given[:, 1] > 0.01
    assert strong.mean() > 0.6
    np.testing.assert_allclose(found[strong], given[strong], rtol=6e-3)


@pytest.mark.parametrize("factor", [1e-4, 1e-2, 1.0, 1e3, 1e6])
def test_scalepack_scales_up_and_down(tmp_path: Path, merged_data: MergedData, factor: float) -> None:
    """Intensities below .05 were all written as 0.0 with a sigma of .1."""
    mean = replace(merged_data.mean, **{n: getattr(merged_data.mean, n) * factor for n in ("intensity", "sigma")})
    scale, _ = write_scalepack(tmp_path / "a.sca", replace(merged_data, mean=mean, plus=None, minus=None))
    lines = (tmp_path / "a.sca").read_text().splitlines()[3:]
    assert {len(line) for line in lines} == {28}
    found = np.array([[float(line[12:20]), float(line[20:28])] for line in lines]) / scale
    np.testing.assert_allclose(found, np.column_stack([mean.intensity, mean.sigma]), rtol=0.05, atol=0.06 / scale)
    assert np.abs(found).max() * scale > 99
    assert scale == 1 or factor != 1


@pytest.mark.parametrize(
    ("hall", "lattice", "n_symm"),
    [(" P 1", -1, 0), ("-P 1", 1, 0), ("-P 2ybc", 1, 1), (" P 2ac 2ab", -1, 3), ("-C 2yc", 7, 1), (" F 4 2 3", -4, 23)],
)
def test_shelx_symmetry_makes_the_whole_group(hall: str, lattice: int, n_symm: int) -> None:
    first, *symm = symmetry_lines(operations(hall))
    assert first == f"LATT {lattice}"
    assert len(symm) == n_symm
    ops = [gemmi.Op("x,y,z"), *(gemmi.Op(line.split()[1].lower()) for line in symm)]
    if lattice > 0:
        ops += [gemmi.Op("-x,-y,-z") * op for op in ops]
    wanted = {op.wrap().triplet() for op in operations(hall).sym_ops}
    assert {op.wrap().triplet() for op in ops} == wanted


def test_shelx_ins(tmp_path: Path, unmerged_data: Maker) -> None:
    write_shelx_ins(tmp_path / "a.ins", unmerged_data(), "CHNOS", np.array([0.01, 0.01, 0.02, 0, 0.03, 0]))
    lines = (tmp_path / "a.ins").read_text().splitlines()
    assert lines[1].split() == ["CELL", "0.90000", "20.0000", "25.0000", "30.0000", "90.0000", "101.0000", "90.0000"]
    assert lines[2].split() == ["ZERR", "4.00", "0.0100", "0.0100", "0.0200", "0.0000", "0.0300", "0.0000"]
    assert lines[3:5] == ["LATT -7", "SYMM -X,Y,-Z"]
    assert "SFAC C H N O S" in lines
    assert lines[-1] == "END"


def test_compositions() -> None:
    assert element_symbols("C6 H12 Cl2 Cu") == ["C", "H", "Cl", "Cu"]
    with pytest.raises(InputError, match="names no elements"):
        element_symbols("Qq")


@pytest.mark.parametrize("anomalous", [True, False])
def test_scalepack_goes_round(tmp_path: Path, merged_data: MergedData, anomalous: bool) -> None:
    if not anomalous:
        merged_data = replace(merged_data, plus=None, minus=None)
    scale, told = write_scalepack(tmp_path / "a.sca", merged_data)
    assert told == ""
    lines = (tmp_path / "a.sca").read_text().splitlines()
    assert lines[1].strip() == "-987"
    assert lines[2].split() == ["20.000", "25.000", "30.000", "90.000", "101.000", "90.000", "c121"]
    assert len(lines) == 3 + len(merged_data)
    centric = is_centric(merged_data.hkl, merged_data.hall_symbol)
    for line, hkl, i, one in zip(lines[3:], merged_data.hkl.tolist(), range(len(merged_data)), centric):
        assert [int(line[a : a + 4]) for a in (0, 4, 8)] == hkl
        pairs = [(float(line[a : a + 8]), float(line[a + 8 : a + 16])) for a in range(12, len(line), 16)]
        if merged_data.plus is None or merged_data.minus is None:
            assert pairs == [pytest.approx((merged_data.mean.intensity[i], merged_data.mean.sigma[i]), abs=0.051)]
            continue
        wanted = [(h.intensity[i] * scale, h.sigma[i] * scale) for h in (merged_data.plus, merged_data.minus)]
        if one or np.isnan(wanted[1][0]):
            wanted = wanted[:1]
        wanted = [(0, -1) if np.isnan(intensity) else (intensity, sigma) for intensity, sigma in wanted]
        assert pairs == [pytest.approx(pair, abs=0.051) for pair in wanted]


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path, merged_data: MergedData, unmerged_data: Maker) -> None:
    data, path = unmerged_data(), tmp_path / "nowhere" / "a"
    for write in (
        lambda: write_merged_mtz(path, merged_data),
        lambda: write_unmerged_mtz(path, data),
        lambda: write_mmcif(path, merged_data),
        lambda: write_xds_ascii(path, data),
        lambda: write_shelx_hkl(path, data),
        lambda: write_scalepack(path, merged_data),
    ):
        with pytest.raises(InputError, match="cannot write"):
            write()
