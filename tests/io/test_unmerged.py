"""Unmerged MTZ and XDS files read back: the same observations, the geometry recovered, one line for what is damaged."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest
from integrate_hkl import write_integrate_hkl
from rotation_data import placed

from gnomon.errors import InputError
from gnomon.io.mtz import unmerged_mtz, write_merged_mtz, write_unmerged_mtz
from gnomon.io.unmerged import is_merged_mtz, read_data_set, read_unmerged
from gnomon.io.xds_ascii import write_xds_ascii
from gnomon.maths.data_sets.data_set import common_data_set, integrated_intensities, scaled_intensities
from gnomon.maths.geometry.recovered_geometry import diffracted_rays
from gnomon.maths.intensities.unmerged_table import with_same_intensities
from gnomon.models.flags import Flag
from gnomon.models.merged import MergedData
from gnomon.models.model import key_of
from gnomon.models.reflections import Reflections
from gnomon.models.unmerged import UnmergedData
from gnomon.steps.integrate.table import lorentz_polarisation

Maker = Callable[..., UnmergedData]


def order_of(data: UnmergedData) -> np.ndarray:
    return np.lexsort((data.intensity.astype(np.float32), *data.hkl.T, data.experiment))


def assert_same(found: UnmergedData, given: UnmergedData, digits: float) -> None:
    """Observations of both, in one order, agree."""
    assert len(found) == len(given)
    f, g = order_of(found), order_of(given)
    np.testing.assert_array_equal(found.hkl[f], given.hkl[g])
    np.testing.assert_array_equal(found.experiment[f], given.experiment[g])
    for name in ("intensity", "sigma", "lp", "partiality"):
        np.testing.assert_allclose(getattr(found, name)[f], getattr(given, name)[g], rtol=digits, err_msg=name)
    np.testing.assert_allclose(found.xyz[f, :2], given.xyz[g, :2], atol=0.06)


@pytest.mark.parametrize("hall", [" C 2y", " P 1", " P 2ac 2ab", "-P 2ybc"])
def test_an_unmerged_mtz_comes_back(tmp_path: Path, unmerged_data: Maker, hall: str) -> None:
    given = unmerged_data(2, hall)
    write_unmerged_mtz(tmp_path / "u.mtz", given)
    found = read_unmerged(tmp_path / "u.mtz")
    assert (found.hall_symbol, found.wavelength, found.scaled) == (hall, pytest.approx(0.9), True)
    np.testing.assert_allclose(found.cell, given.cell)
    assert_same(found, given, 2e-6)
    np.testing.assert_allclose(found.scale[order_of(found)], given.scale[order_of(given)], rtol=1e-6)  # type: ignore[index]
    np.testing.assert_array_equal(np.bincount(found.image - 1)[:40].sum() > 0, True)
    numbers = given.batches()[order_of(given)]
    np.testing.assert_array_equal(found.image[order_of(found)], numbers)


@pytest.mark.parametrize("write", [write_unmerged_mtz, write_xds_ascii])
def test_geometry_is_recovered(tmp_path: Path, unmerged_data: Maker, write: Callable[..., None]) -> None:
    """Orientation, axis, beam and detector of each sweep, up to a rotation of the laboratory."""
    given = placed(unmerged_data(2, n=300))
    write(tmp_path / "u.hkl", given)
    found = read_unmerged(tmp_path / "u.hkl")
    assert found.without_orientation == ()
    _, table = read_data_set(tmp_path / "u.hkl")
    for i, (was, now) in enumerate(zip(given.experiments, found.experiments)):
        assert was.scan is not None
        assert now.scan is not None
        np.testing.assert_allclose(now.scan.oscillation, was.scan.oscillation, atol=1e-4)
        np.testing.assert_allclose(now.crystal.cell, given.cell, rtol=1e-4)  # type: ignore[union-attr]
        rows = table["id"] == i
        s1 = table["s1"][rows]
        np.testing.assert_allclose(np.linalg.norm(s1, axis=1), 1 / 0.9, rtol=1e-6)
        r = np.linalg.norm(s1 - now.beam.s0, axis=1)
        np.testing.assert_allclose(r, 1 / table["d"][rows], atol=2e-3)  # on the Ewald sphere
        px = now.detector.mm_to_pixel(0, now.detector.intersect(0, s1))
        assert np.median(np.abs(px - table["xyzobs.px.value"][rows, :2])) < (8 if write is write_unmerged_mtz else 1)


def test_xds_ascii_comes_back(tmp_path: Path, unmerged_data: Maker) -> None:
    given = placed(unmerged_data(2))
    write_xds_ascii(tmp_path / "XDS_ASCII.HKL", given)
    found = read_unmerged(tmp_path / "XDS_ASCII.HKL")
    assert (found.scaled, found.fitted, len(found.experiments)) == (True, True, 2)
    assert_same(found, given, 2e-2)  # partiality is written in percent
    np.testing.assert_allclose(found.intensity[order_of(found)], given.intensity[order_of(given)], rtol=1e-4)
    not_scaled = replace(given, scaled=False)
    write_xds_ascii(tmp_path / "b.HKL", not_scaled)
    assert not read_unmerged(tmp_path / "b.HKL").scaled


@pytest.mark.parametrize("scaled", [True, False])
def test_the_table_gives_the_intensities_again(tmp_path: Path, unmerged_data: Maker, scaled: bool) -> None:
    given = replace(unmerged_data(), scaled=scaled, scale=unmerged_data().scale if scaled else None)
    if not scaled:
        given = replace(given, profile=given.intensity * 1.1, profile_sigma=given.sigma)
    write_unmerged_mtz(tmp_path / "u.mtz", given)
    data = read_unmerged(tmp_path / "u.mtz")
    experiments, table = read_data_set(tmp_path / "u.mtz")
    assert table.identifiers == {i: e.identifier for i, e in enumerate(experiments)}
    assert len(set(table.identifiers.values())) == 2
    value, variance = integrated_intensities(table, "sum")
    np.testing.assert_allclose(value, data.intensity, rtol=1e-12)
    np.testing.assert_allclose(variance, data.sigma**2, rtol=1e-12)
    if scaled:
        usable, value, _ = scaled_intensities(table)
        assert usable.all()
        np.testing.assert_allclose(value, data.intensity, rtol=1e-12)
    else:
        assert "inverse_scale_factor" not in table
        np.testing.assert_allclose(integrated_intensities(table, "prf")[0], data.profile, rtol=1e-12)


def test_rejected_observations_take_no_part(tmp_path: Path, unmerged_data: Maker) -> None:
    write_xds_ascii(tmp_path / "a.HKL", unmerged_data(1))
    head, _, body = (tmp_path / "a.HKL").read_text().partition("!END_OF_HEADER\n")
    first, _, rest = body.partition("\n")
    words = first.split()
    words[4] = "-" + words[4]
    (tmp_path / "a.HKL").write_text(f"{head}!END_OF_HEADER\n{' '.join(words)}\n{rest}")
    _, table = read_data_set(tmp_path / "a.HKL")
    bad = table.has(Flag.EXCLUDED_FOR_SCALING)
    assert bad.sum() == 1
    assert bad[0]
    assert not scaled_intensities(table)[0][0]
    assert np.isnan(integrated_intensities(table, "prf")[0][0])


def test_partials_are_summed(tmp_path: Path, unmerged_data: Maker) -> None:
    """A reflection in two parts, as mosflm writes it, comes as one observation of the whole."""
    given = replace(unmerged_data(1), scaled=False, scale=None)
    mtz = unmerged_mtz(given)
    data = np.array(mtz.array)
    labels = mtz.column_labels()
    column = {name: i for i, name in enumerate(labels)}
    part = data[3].copy()
    part[column["M/ISYM"]] += 256
    part[column["BATCH"]] = 50
    other = part.copy()
    part[[column["I"], column["SIGI"], column["FRACTIONCALC"]]] = 30, 3, 0.25
    other[[column["BATCH"], column["I"], column["SIGI"], column["FRACTIONCALC"]]] = 51, 60, 4, 0.5
    mtz.set_data(np.vstack([np.delete(data, 3, axis=0), part, other]))
    mtz.write_to_file(str(tmp_path / "p.mtz"))
    found = read_unmerged(tmp_path / "p.mtz")
    assert len(found) == len(given)
    row = np.flatnonzero(np.isclose(found.intensity, 120))
    assert len(row) == 1
    assert found.sigma[row[0]] == pytest.approx(5 / 0.75)
    assert found.partiality[row[0]] == pytest.approx(0.75)  # type: ignore[index]
    assert found.image[row[0]] == 51


def test_rotation_angles_that_are_images_off_are_put_right(tmp_path: Path, unmerged_data: Maker) -> None:
    """As in files of rebatch: ROT is one image behind the angles in the batch headers."""
    given = placed(unmerged_data(1))
    write_unmerged_mtz(tmp_path / "u.mtz", replace(given, phi=given.phi - 0.5))
    found = read_unmerged(tmp_path / "u.mtz")
    assert found.without_orientation == ()
    np.testing.assert_allclose(np.sort(found.phi), np.sort(given.phi), atol=1e-4)


def test_runs_are_told_apart(tmp_path: Path, unmerged_data: Maker) -> None:
    """Batches of one crystal are one experiment even with a gap; a jump of the rotation begins another."""
    given = placed(unmerged_data(1))
    mtz = unmerged_mtz(given)
    gap = [b.clone() for b in mtz.batches if not 40 <= b.number < 50]
    array = np.array(mtz.array)
    batch = array[:, mtz.column_labels().index("BATCH")]
    mtz.batches.clear()
    for b in gap:
        mtz.batches.append(b)
    mtz.set_data(array[(batch < 40) | (batch >= 50)])
    mtz.write_to_file(str(tmp_path / "gap.mtz"))
    assert [e.scan.image_range for e in read_unmerged(tmp_path / "gap.mtz").experiments] == [(1, 120)]  # type: ignore[union-attr]
    for b in mtz.batches:
        if b.number >= 50:
            b.floats[36] += 30
            b.floats[37] += 30
    mtz.write_to_file(str(tmp_path / "jump.mtz"))
    ranges = [e.scan.image_range for e in read_unmerged(tmp_path / "jump.mtz").experiments]  # type: ignore[union-attr]
    assert ranges == [(1, 39), (50, 120)]


def damaged(tmp_path: Path, name: str, data: UnmergedData, merged: MergedData) -> Path:
    path = tmp_path / name
    if name == "merged.mtz":
        write_merged_mtz(path, merged)
    elif name == "none.mtz":
        pass
    elif name == "text.mtz":
        path.write_text("no reflections")
    elif name == "headless.mtz":
        mtz = unmerged_mtz(data)
        last = mtz.batches[-1].number
        for _ in range(30):
            mtz.batches.pop(len(mtz.batches) - 1)
        mtz.write_to_file(str(path))
        assert last
    elif name == "columns.mtz":
        mtz = unmerged_mtz(data)
        mtz.remove_column(mtz.column_labels().index("SIGI"))
        mtz.write_to_file(str(path))
    elif name == "merged.HKL":
        write_xds_ascii(path, data)
        path.write_text(path.read_text().replace("MERGE=FALSE", "MERGE=TRUE"))
    elif name == "columns.HKL":
        write_xds_ascii(path, data)
        path.write_text(path.read_text().replace("!ITEM_IOBS=4\n", ""))
    elif name == "cell.HKL":
        write_xds_ascii(path, data)
        path.write_text(path.read_text().replace("!UNIT_CELL_CONSTANTS=", "!UNIT_CELL_CONSTANTS= 0 0 0 0 0 0"))
    return path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("merged.mtz", "merged data"),
        ("none.mtz", "no such file"),
        ("text.mtz", "none of unmerged MTZ"),
        ("headless.mtz", "no header"),
        ("columns.mtz", "lacks the column SIGI"),
        ("merged.HKL", "MERGE=TRUE"),
        ("columns.HKL", "no item IOBS"),
        ("cell.HKL", "no cell"),
    ],
)
def test_bad_files_are_one_line(
    tmp_path: Path, unmerged_data: Maker, merged_data: MergedData, name: str, said: str
) -> None:
    path = damaged(tmp_path, name, unmerged_data(1), merged_data)
    with pytest.raises(InputError, match=said) as caught:
        read_data_set(path)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize("write", [write_unmerged_mtz, write_xds_ascii])
def test_cut_off_files_never_crash(tmp_path: Path, unmerged_data: Maker, write: Callable[..., None]) -> None:
    """Whatever the length a copy stopped at: InputError, or (of the trailing newline) the data."""
    write(tmp_path / "whole", unmerged_data(2, n=40))
    whole = (tmp_path / "whole").read_bytes()
    lengths = [*range(0, len(whole), max(1, len(whole) // 120)), *range(len(whole) - 40, len(whole))]
    for length in lengths:
        (tmp_path / "cut").write_bytes(whole[:length])
        with suppress(InputError):
            assert len(read_unmerged(tmp_path / "cut")) == 40, length


def test_merged_mtz_is_known(tmp_path: Path, unmerged_data: Maker, merged_data: MergedData) -> None:
    write_merged_mtz(tmp_path / "m.mtz", merged_data)
    write_unmerged_mtz(tmp_path / "u.mtz", unmerged_data())
    write_xds_ascii(tmp_path / "x.HKL", unmerged_data())
    assert [is_merged_mtz(tmp_path / name) for name in ("m.mtz", "u.mtz", "x.HKL")] == [True, False, False]
    assert gemmi.read_mtz_file(str(tmp_path / "m.mtz")).nreflections == len(merged_data)


def test_integrate_hkl_is_corrected_for_the_polarisation(tmp_path: Path, unmerged_data: Maker) -> None:
    """XDS' RLP and IOBS are those of an unpolarised beam; the beam here is polarised to 0.99 across y."""
    given = placed(replace(unmerged_data(1), scaled=False, scale=None))
    write_integrate_hkl(tmp_path / "INTEGRATE.HKL", given)
    found = read_unmerged(tmp_path / "INTEGRATE.HKL")
    assert (found.scaled, found.fitted, found.rejected.sum()) == (False, True, 0)  # type: ignore[union-attr]
    e = given.experiments[0]
    s1 = diffracted_rays(e, given.hkl, np.deg2rad(given.phi))
    u = s1 * e.beam.wavelength
    across = 1 - u[:, 1] ** 2
    along = (u @ e.beam.direction) ** 2
    factor = 0.5 * (1 + along) / ((1 - 2 * 0.99) * across + 0.99 * (1 + along))
    assert np.ptp(factor) > 0.1
    f, g = (np.lexsort((d.xyz[:, 0].round(1), *d.hkl.T)) for d in (found, given))
    np.testing.assert_allclose(found.intensity[f], (given.intensity * factor)[g], rtol=2e-3)
    np.testing.assert_allclose(found.lp[f], (given.lp * factor)[g], rtol=2e-3)  # type: ignore[index]


def test_rlp_of_xds_is_the_correction_itself(tmp_path: Path) -> None:
    """A record of a real INTEGRATE.HKL (thaumatin, Pilatus 6M, 2012): geometry, pixel and RLP agree with ours."""
    axes = ("41.592 10.019 39.111", "-13.760 56.308 0.209", "-98.311 -24.435 110.808")
    header = [
        "!OUTPUT_FILE=INTEGRATE.HKL", "!SPACE_GROUP_NUMBER= 75", "!X-RAY_WAVELENGTH= 0.976300",
        "!UNIT_CELL_CONSTANTS= 57.965 57.965 150.135 90 90 90",
        *(f"!UNIT_CELL_{name}-AXIS= {values}" for name, values in zip("ABC", axes)),
        "!NX= 2463 NY= 2527 QX= 0.172 QY= 0.172", "!STARTING_FRAME= 1", "!STARTING_ANGLE= 0.000",
        "!OSCILLATION_RANGE= 0.1", "!ROTATION_AXIS= 0.999999 -0.001342 -0.000955",
        "!INCIDENT_BEAM_DIRECTION= 0.001787 0.003138 1.024269", "!ORGX= 1220.98 ORGY= 1263.78",
        "!DETECTOR_DISTANCE= 268.288", "!NUMBER_OF_ITEMS_IN_EACH_DATA_RECORD=20", "!END_OF_HEADER",
        "-48 -5 -9 12.4 23.8 8.8 2512.5 777.2 0.73498 99.99931 9 5 9 2511.7 777.3 60.34 0.20 134.15 48.13 -21.18",
        "!END_OF_DATA\n",
    ]  # fmt: skip
    (tmp_path / "INTEGRATE.HKL").write_text("\n".join(header))
    (e,), table = read_data_set(tmp_path / "INTEGRATE.HKL")
    s1 = table["s1"]
    px = e.detector.mm_to_pixel(0, e.detector.intersect(0, s1))
    np.testing.assert_allclose(px, [[8.3, 2512.0]], atol=1.0)  # but for the parallax of the sensor
    assert 1 / np.linalg.norm(s1 - e.beam.s0) == pytest.approx(table["d"][0], rel=1e-4)
    assert table["lp"][0] == pytest.approx(lorentz_polarisation(e, s1)[0], rel=1e-3)
    assert e.scan.phi_at(777.2) == pytest.approx(77.72)  # type: ignore[union-attr]


def test_files_without_orientation_are_read(tmp_path: Path, unmerged_data: Maker) -> None:
    """As XSCALE writes them: the cell alone. Wave vectors are not made up then."""
    write_xds_ascii(tmp_path / "a.HKL", placed(unmerged_data(1)))
    lines = [line for line in (tmp_path / "a.HKL").read_text().splitlines() if "-AXIS" not in line]
    (tmp_path / "a.HKL").write_text("\n".join(lines))
    experiments, table = read_data_set(tmp_path / "a.HKL")
    assert not table["s1"].any()
    np.testing.assert_allclose(experiments[0].crystal.cell, [20, 25, 30, 90, 101, 90])  # type: ignore[union-attr]


def test_sums_and_fits_of_two_programs_are_one_table(tmp_path: Path, unmerged_data: Maker) -> None:
    write_unmerged_mtz(tmp_path / "u.mtz", unmerged_data())
    write_xds_ascii(tmp_path / "x.HKL", unmerged_data())
    tables = with_same_intensities([read_data_set(tmp_path / name)[1] for name in ("u.mtz", "x.HKL")])
    together = Reflections.concatenate(tables)
    assert {"intensity.sum.value", "intensity.prf.value"} <= set(together.names)
    for kind, here in (("sum", slice(0, 200)), ("prf", slice(200, 400))):
        known = np.isfinite(integrated_intensities(together, kind)[0])
        assert known[here].all()
        assert known.sum() == 200


def with_batch_cells(mtz: gemmi.Mtz, cell: np.ndarray) -> gemmi.Mtz:
    """The file with another cell in the header of every batch."""
    for batch in mtz.batches:
        for i, value in enumerate(cell):
            batch.floats[i] = float(value)
    return mtz


@pytest.mark.parametrize("sweeps", [1, 2])
def test_cells_of_batches_that_break_the_space_group_are_not_used(
    tmp_path: Path, unmerged_data: Maker, sweeps: int
) -> None:
    """A file reindexed to I 2 had batches with alpha 89.76 and gamma 89.82; its data set had the right cell."""
    given = placed(unmerged_data(sweeps))
    mtz = with_batch_cells(unmerged_mtz(given), given.cell + np.array([0.01, 0, 0, -0.24, 0.1, -0.18]))
    mtz.write_to_file(str(tmp_path / "u.mtz"))
    for e in read_unmerged(tmp_path / "u.mtz").experiments:
        np.testing.assert_allclose(e.needed_crystal.cell, given.cell, atol=1e-4)


def test_crystals_of_one_data_set_keep_cells_of_their_own(tmp_path: Path, unmerged_data: Maker) -> None:
    given = placed(unmerged_data(2))
    second = given.experiments[1].needed_crystal
    grown = replace(second, A=second.A / 1.004)
    given = replace(given, experiments=given.experiments.replace_model("crystal", {key_of(second): grown}))
    write_unmerged_mtz(tmp_path / "u.mtz", given)
    found = [e.needed_crystal.cell for e in read_unmerged(tmp_path / "u.mtz").experiments]
    np.testing.assert_allclose(found, [given.cell, np.r_[given.cell[:3] * 1.004, given.cell[3:]]], rtol=1e-5)


def test_what_is_written_obeys_its_space_group(unmerged_data: Maker) -> None:
    """A crystal that was refined freely, C 2 with alpha 89.9: headers hold the nearest cell that C 2 has."""
    given = unmerged_data(1)
    crystal = given.experiments[0].needed_crystal
    free = replace(crystal, A=crystal.A @ np.array([[1, 2e-3, 0], [0, 1, 1e-3], [0, 0, 1]]))
    assert np.abs(free.cell[[3, 5]] - 90).max() > 0.05
    experiments = given.experiments.replace_model("crystal", {key_of(crystal): free})
    assert common_data_set(experiments).cell[[3, 5]].tolist() == [90, 90]
    mtz = unmerged_mtz(replace(given, experiments=experiments))
    np.testing.assert_allclose(np.array(mtz.batches[5].floats)[[3, 5]], 90, atol=1e-5)
