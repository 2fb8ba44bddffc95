"""Every tabulated setting of every space group goes out and comes back, also where a file can only say its number."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.mtz import unmerged_mtz, write_unmerged_mtz
from gnomon.io.scalepack import write_scalepack
from gnomon.io.unmerged import read_unmerged
from gnomon.io.xds_ascii import write_xds_ascii
from gnomon.maths.crystal.lattice import b_matrix, d_spacing
from gnomon.maths.crystal.symmetry import hall_symbol, is_absent, is_centric, to_asu
from gnomon.maths.data_sets.data_set import obeying_cell
from gnomon.maths.data_sets.reference_setting import merged_in_reference_setting
from gnomon.maths.intensities.merging import group_equivalents
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.merged import Measured, MergedData
from gnomon.models.unmerged import UnmergedData

Maker = Callable[..., UnmergedData]
GROUPS = list({(g.number, str(g.basisop.rot), g.ext == "R"): g for g in gemmi.spacegroup_table()}.values())
"""One of those that differ in their origin alone."""


def in_group(data: UnmergedData, group: gemmi.SpaceGroup) -> UnmergedData:
    """The data as those of a group: a cell that it allows, its absent reflections and the unmeasurable one left out."""
    hall = hall_symbol(group)
    angles = [75.0, 75, 75] if group.ext == "R" else [80.0, 85, 95]
    if group.ext != "R" and group.crystal_system_str() in ("trigonal", "hexagonal"):
        angles = [90.0, 90, 120]
    cell = obeying_cell(np.r_[[20.0, 25, 30], angles], hall)
    crystal = Crystal(b_matrix(cell), hall)
    experiments = Experiments.of(e.replace(crystal=crystal) for e in data.experiments)
    kept = ~is_absent(data.hkl, group) & data.hkl.any(axis=1)
    rows = ("experiment", "hkl", "image", "intensity", "sigma", "xyz", "phi")
    return UnmergedData(experiments, cell, hall, 0.9, True, **{name: getattr(data, name)[kept] for name in rows})


def unique(hkl: np.ndarray, cell: np.ndarray, hall: str) -> np.ndarray:
    """Resolutions of the unique reflections, sorted: what no change of setting alters."""
    return np.sort(d_spacing(group_equivalents(hkl, hall).hkl, cell))


def test_xds_ascii_of_every_setting_comes_back_whole(
    tmp_path: Path, unmerged_data: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An I 2 file came back as C 2 and lost half of its reflections to the centring."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # half of the time
    base, path = unmerged_data(1, n=80), tmp_path / "a.HKL"
    for group in GROUPS:
        given = in_group(base, group)
        told = write_xds_ascii(path, given)
        found = read_unmerged(path)
        assert (told == "") == np.array_equal(np.array(group.basisop.rot), gemmi.Op.DEN * np.eye(3)), group.xhm()
        assert gemmi.read_xds_ascii(str(path)).spacegroup_number == group.number
        assert len(found) == len(given) > 5
        assert not is_absent(found.hkl, found.hall_symbol).any(), group.xhm()
        a, b = unique(found.hkl, found.cell, found.hall_symbol), unique(given.hkl, given.cell, given.hall_symbol)
        np.testing.assert_allclose(a, b, rtol=2e-4, err_msg=group.xhm())
        np.testing.assert_allclose(np.sort(found.intensity), np.sort(given.intensity), rtol=1e-4)


def test_an_mtz_of_every_setting_keeps_it(tmp_path: Path, unmerged_data: Maker) -> None:
    base = unmerged_data(1, n=80)
    for group in GROUPS[::5]:
        given = in_group(base, group)
        mtz = unmerged_mtz(given)
        assert mtz.spacegroup.operations() == group.operations(), group.xhm()
        (tmp_path / "a.mtz").write_bytes(mtz.write_to_bytes())
        mtz = gemmi.read_mtz_file(str(tmp_path / "a.mtz"))
        mtz.switch_to_original_hkl()
        assert {tuple(h) for h in mtz.make_miller_array().tolist()} == {tuple(h) for h in given.hkl.tolist()}


@pytest.mark.parametrize("name", ["I 1 2 1", "P 1 1 21", "R 3 2:R", "C 2 2 2a", "P 21 2 2"])
def test_an_mtz_file_in_a_setting_of_its_own_comes_back(tmp_path: Path, unmerged_data: Maker, name: str) -> None:
    group = gemmi.find_spacegroup_by_name(name) or gemmi.SpaceGroup("P 2 21 21")
    given = in_group(unmerged_data(1), group)
    write_unmerged_mtz(tmp_path / "a.mtz", given)
    found = read_unmerged(tmp_path / "a.mtz")
    assert found.hall_symbol == hall_symbol(group)
    np.testing.assert_allclose(found.cell, given.cell, rtol=1e-5)


def test_a_setting_in_no_table_is_refused(tmp_path: Path, unmerged_data: Maker) -> None:
    odd = replace(unmerged_data(1), hall_symbol=" C 4")
    with pytest.raises(InputError, match="reindex to a standard one"):
        write_xds_ascii(tmp_path / "a.HKL", odd)
    assert not list(tmp_path.iterdir())


def merged_of(data: UnmergedData) -> MergedData:
    """One observation for each Friedel half: I = the resolution, and a tenth more for I(-)."""
    hkl = group_equivalents(data.hkl, data.hall_symbol).hkl
    d, n = d_spacing(hkl, data.cell), np.ones(len(data.hkl), int)[: len(hkl)]
    centric = is_centric(hkl, data.hall_symbol)
    minus = np.where(centric, np.nan, 1.1 * d)
    halves = Measured(d, d / 10, n), Measured(minus, minus / 10, np.where(centric, 0, 1))
    return MergedData(hkl, data.cell, data.hall_symbol, 0.9, Measured(d, d / 10, n), *halves)


@pytest.mark.parametrize("number", [146, 148, 155, 160, 161, 167])
def test_scalepack_has_rhombohedral_groups_on_hexagonal_axes(tmp_path: Path, unmerged_data: Maker, number: int) -> None:
    group = next(g for g in GROUPS if g.number == number and g.ext == "R")
    given = merged_of(in_group(unmerged_data(1), group))
    scale, told = write_scalepack(tmp_path / "a.sca", given)
    lines = (tmp_path / "a.sca").read_text().splitlines()
    assert "hexagonal" in told or group.xhm() in told
    words = lines[2].split()
    assert words[3:6] == ["90.000", "90.000", "120.000"]
    assert words[6].endswith(":h")
    hkl = np.array([[int(line[a : a + 4]) for a in (0, 4, 8)] for line in lines[3:]])
    assert not is_absent(hkl, gemmi.get_spacegroup_reference_setting(number)).any()
    found = np.array([float(line[12:20]) for line in lines[3:]]) / scale
    cell = np.array([float(word) for word in words[:6]])
    np.testing.assert_allclose(found, d_spacing(hkl, cell), rtol=1e-3)


def test_friedel_halves_change_places_where_the_unit_does(unmerged_data: Maker) -> None:
    """I(+) of the new asymmetric unit belongs to h or to -h of the old: seen by the sign of one operation on both."""
    for group in (g for g in GROUPS if g.number in (3, 5, 146, 155) and not g.is_reference_setting()):
        given = merged_of(in_group(unmerged_data(1), group))
        moved, told = merged_in_reference_setting(given)
        if not told:
            continue  # another name of the reference setting
        P = np.array(group.basisop.rot) / gemmi.Op.DEN
        again, isym = to_asu(np.rint(given.hkl @ P).astype(int), moved.hall_symbol)
        np.testing.assert_array_equal(again, moved.hkl)
        assert moved.plus is not None
        both = ~is_centric(given.hkl, given.hall_symbol)
        ratio = (moved.plus.intensity / d_spacing(moved.hkl, moved.cell))[both]
        np.testing.assert_allclose(ratio, np.where(isym[both] % 2 == 0, 1.1, 1.0), rtol=1e-6)
