"""SADABS, PETS, MOSFLM, NeXus, rlp.json and HKLF 5: what the files say, by the rules of the programs that read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest
from rotation_data import placed

from gnomon.errors import InputError
from gnomon.io.exported import write_exported
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import rotation_about
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections
from gnomon.models.unmerged import UnmergedData
from gnomon.step import Data

Maker = Callable[..., UnmergedData]
SADABS = (4, 4, 4, 8, 8, 4, *[8] * 6, 7, 7, 8, 7, 5)


def read_columns(path: Path, widths: tuple[int, ...]) -> np.ndarray:
    edges = np.cumsum([0, *widths])
    lines = path.read_text().splitlines()
    assert {len(line) for line in lines} == {edges[-1]}
    return np.array([[float(line[a:b]) for a, b in pairwise(edges)] for line in lines])


def table_of(data: UnmergedData) -> Reflections:
    """The observations as a table of integrated reflections."""
    return Reflections(
        {
            "id": data.experiment,
            "miller_index": data.hkl,
            "panel": np.zeros(len(data), int),
            "flags": np.full(len(data), Flag.INTEGRATED, np.uint64),
            "xyzobs.px.value": data.xyz,
            "xyzcal.px": data.xyz,
            "intensity.sum.value": data.intensity,
            "intensity.sum.variance": data.sigma**2,
        }
    )


def test_sadabs_directions_give_back_the_indices(tmp_path: Path, unmerged_data: Maker) -> None:
    """The cosines of both beams with a, b, c are of unit vectors; their difference is the index (Laue)."""
    data = placed(unmerged_data())
    write_exported(tmp_path / "a.sad", "sadabs", data, run=3)
    found = read_columns(tmp_path / "a.sad", SADABS)
    first = data.experiments[0].needed_crystal
    along = found[:, 6:12].reshape(-1, 3, 2) * np.linalg.norm(first.vectors, axis=1)[:, None] / 0.9
    incident, diffracted = -along[..., 0], along[..., 1]
    np.testing.assert_allclose(diffracted - incident, found[:, :3], atol=1e-3)
    inverse = np.linalg.inv(first.vectors @ first.vectors.T)
    for beam in (incident, diffracted):
        length = np.sqrt(np.einsum("ni,ij,nj->n", beam, inverse, beam))
        np.testing.assert_allclose(length, 1 / 0.9, rtol=1e-4)
    np.testing.assert_array_equal(np.unique(found[:, 5]), [3, 4])
    order = np.lexsort((data.image, data.experiment, *data.hkl.T[::-1]))
    given = np.column_stack([data.hkl, data.intensity, data.sigma, data.experiment + 3])[order]
    np.testing.assert_allclose(found[:, :6], given, rtol=1e-4, atol=1e-4)
    place = data.xyz[order] * (512 / 1000, 512 / 1200, 1)
    np.testing.assert_allclose(found[:, 12:15], place, atol=0.006)
    d = 1 / np.linalg.norm(data.hkl[order] @ first.A.T, axis=1)
    np.testing.assert_allclose(found[:, 16], 5000 / d, atol=0.6)
    np.testing.assert_allclose(found[:, 15], np.rad2deg(np.arcsin(0.01)), atol=0.01)


def test_sadabs_of_static_crystals(tmp_path: Path, unmerged_data: Maker) -> None:
    data = placed(unmerged_data(1))
    rng = np.random.default_rng(1)
    moved = replace(data, xyz=data.xyz + rng.normal(0, 0.3, data.xyz.shape), panel=np.zeros(len(data), int))
    write_exported(tmp_path / "a.sad", "sadabs", moved, predict=True)
    found = read_columns(tmp_path / "a.sad", SADABS)
    order = np.lexsort((data.image, *data.hkl.T[::-1]))
    np.testing.assert_allclose(found[:, 14], data.xyz[order, 2], atol=0.006)


@pytest.mark.parametrize(("name", "intensity"), [("dyn", "auto"), ("prf", "profile")])
def test_virtual_frames_are_those_of_dials(shared: Path, tmp_path: Path, name: str, intensity: str) -> None:
    """Electron diffraction of quartz: files that DIALS 3 wrote stand beside its data."""
    folder = shared / "dials_files/quartz_processed"
    data = Data(read_experiments(folder / "integrated.expt"), read_reflections(folder / "integrated.refl"))
    write_exported(tmp_path / "a", "pets", data, n_merged=2, intensity=intensity)
    wanted = (folder / f"dials_{name}.cif_pets").read_text()
    assert (tmp_path / "a").read_text().split() == wanted.split()


def test_which_sweep_goes_to_pets_is_to_be_said(tmp_path: Path, unmerged_data: Maker) -> None:
    data = placed(unmerged_data())
    both = Data(data.experiments, table_of(data))
    with pytest.raises(InputError, match=r"give pets\.id=0 to 1"):
        write_exported(tmp_path / "a", "pets", both)
    write_exported(tmp_path / "a", "pets", both, id=1)
    rows = (tmp_path / "a").read_text().split("_refln_zone_axis_id\n")[1].splitlines()
    found = {tuple(map(int, row.split()[:3])) for row in rows}
    assert found <= {tuple(h) for h in data.hkl[data.experiment == 1].tolist()}
    assert len(found) > 50


def test_the_matrix_of_mosflm_diffracts(tmp_path: Path, unmerged_data: Maker) -> None:
    """x along the beam, the spindle z: each observation lies on the Ewald sphere when turned to its angle."""
    data = placed(unmerged_data(1))
    tilted = replace(data.experiments[0], beam=replace(data.experiments[0].beam, direction=np.array([0.0, 0, 1])))
    data = placed(replace(data, experiments=Experiments.of([tilted])))
    written = write_exported(tmp_path / "m", "mosflm", Data(data.experiments, Reflections())).paths
    assert [Path(p).name for p in written] == ["index.mat", "mosflm.in"]
    rows = [[float(v) for v in line.split()] for line in (tmp_path / "m/index.mat").read_text().splitlines()]
    A = np.array(rows[:3])  # times the wavelength
    for h, phi in zip(data.hkl[:50], data.phi):
        point = rotation_about(np.array([0, 0, 1.0]), np.deg2rad(phi)) @ A @ h
        assert np.linalg.norm(point + np.array([1, 0, 0])) == pytest.approx(1, abs=2e-5)
    np.testing.assert_allclose(rows[7], data.cell, atol=1e-4)
    U = np.array(rows[4:7])
    np.testing.assert_allclose(U @ U.T, np.eye(3), atol=1e-7)
    assert "SYMMETRY 5\nBEAM 60.000 50.000\nDISTANCE 120.0000\n" in (tmp_path / "m/mosflm.in").read_text()


def test_sweeps_of_mosflm_have_folders_of_their_own(tmp_path: Path, unmerged_data: Maker) -> None:
    write_exported(tmp_path / "m", "mosflm", Data(unmerged_data().experiments, Reflections()))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m_1", "m_2"]


def test_points_are_reciprocal_lattice_points(tmp_path: Path, unmerged_data: Maker) -> None:
    data = placed(unmerged_data())
    write_exported(tmp_path / "a.json", "json", Data(data.experiments, table_of(data)), n_digits=5)
    content = json.loads((tmp_path / "a.json").read_text())
    points = np.array(content["rlp"]).reshape(-1, 3)
    A = np.array([e.needed_crystal.A for e in data.experiments])[data.experiment]
    np.testing.assert_allclose(points, np.einsum("nij,nj->ni", A, data.hkl), atol=2e-4)
    np.testing.assert_array_equal(content["experiment_id"], data.experiment)
    assert max(len(str(v).partition(".")[2]) for v in content["rlp"]) == 5
    assert len(content["experiments"]["crystal"]) == 2
    table = table_of(data).with_columns({"id": np.full(len(data), -1)})
    with pytest.raises(InputError, match="has a place"):
        write_exported(tmp_path / "b.json", "json", Data(data.experiments, table))


def on_path(file: h5py.File, path: str) -> tuple[np.ndarray, np.ndarray]:
    """The vector of a transformation, and its value."""
    return np.array(file[path].attrs["vector"]), file[path][()]


def test_nexus_predicts_where_spots_are(tmp_path: Path, unmerged_data: Maker) -> None:
    """From the file alone, by NXtransformations: the ray of each index at its angle meets the module at its pixel."""
    data = placed(unmerged_data())
    table = table_of(data)
    written = write_exported(tmp_path / "a.nxs", "nxs", Data(data.experiments, table), source_name="DLS")
    assert written.notes == []
    with h5py.File(tmp_path / "a.nxs") as file:
        assert file["entry/experiment_1/source/name"][()] == b"DLS"
        reflections = file["entry/reflections"]
        np.testing.assert_array_equal(reflections["int_sum"], table["intensity.sum.value"])
        hkl = np.column_stack([reflections[name] for name in "hkl"])
        for number, e in enumerate(data.experiments):
            rows = np.flatnonzero(reflections["id"][()] == number)
            root = f"entry/experiment_{number}"
            wavelength = file[f"{root}/sample/beam/incident_wavelength"][()]
            axis, angles = on_path(file, f"{root}/sample/transformations/phi")
            assert e.scan is not None
            np.testing.assert_allclose(angles, e.scan.phi_at(np.arange(*e.scan.array_range)))
            frame = reflections["predicted_frame"][rows] - e.scan.array_range[0]
            phi = np.deg2rad(angles[0] + frame * file[f"{root}/sample/transformations/phi_increment_set"][()])
            U, UB = file[f"{root}/sample/orientation_matrix"][0], file[f"{root}/sample/ub_matrix"][0]
            np.testing.assert_allclose(U @ U.T, np.eye(3), atol=1e-12)
            module = f"{root}/instrument/detector/module0"
            origin, far = on_path(file, f"{module}/module_offset")
            (fast, size), (slow, _) = (on_path(file, f"{module}/{side}_pixel_direction") for side in ("fast", "slow"))
            for row, angle in zip(rows[:40], phi):
                ray = rotation_about(axis, angle) @ UB @ hkl[row] + np.array([0, 0, 1 / wavelength])
                x, y, t = np.linalg.solve(np.column_stack([fast * size, slow * size, -ray]), -origin * far)
                assert t > 0
                wanted = [reflections[f"predicted_px_{c}"][row] for c in "xy"]
                np.testing.assert_allclose([x, y], wanted, atol=0.01)


def test_stokes_are_of_horizontal_light(tmp_path: Path, unmerged_data: Maker) -> None:
    data = unmerged_data(1)
    write_exported(tmp_path / "a.nxs", "nxs", Data(data.experiments, table_of(data)))
    with h5py.File(tmp_path / "a.nxs") as file:
        stokes = file["entry/experiment_0/instrument/beam/incident_polarization_stokes"][()]
    np.testing.assert_allclose(stokes, [1, 2 * 0.999 - 1, 0, 0], atol=1e-3)


def two_lattices(unmerged_data: Maker) -> UnmergedData:
    """Two lattices on the same images: of 40 pairs of spots 25 lie on each other, the 26th in another stretch."""
    data = unmerged_data(1, n=80)
    images = ImageSet(template="a_###.cbf")
    one = data.experiments[0].replace(images=images)
    other = one.replace(crystal=one.needed_crystal.reindexed(np.eye(3)[[1, 2, 0]]), identifier="b")
    place = np.column_stack([np.arange(40) * 20.0, np.arange(40) * 20.0, np.arange(40) % 7])
    shift = np.where((np.arange(40) < 25)[:, None], (1.0, -1.0, 0.5), (5.0, 0.0, 0.0))
    shift[25] = (0, 0, 5)
    return replace(
        data,
        experiments=Experiments.of([one, other]),
        experiment=np.repeat([0, 1], 40),
        predicted=np.concatenate([place, place + shift]),
        intensity=np.arange(80.0) + 100,
        sigma=np.full(80, 2.0),
        hkl=np.column_stack([np.arange(80), np.zeros(80), np.ones(80)]).astype(int),
    )


def test_overlapping_lattices_stand_in_groups(tmp_path: Path, unmerged_data: Maker) -> None:
    written = write_exported(tmp_path / "a.hkl", "hklf5", two_lattices(unmerged_data))
    assert written.notes == ["2 lattices; 50 of 80 observations overlap with another's"]
    rows = read_columns(tmp_path / "a.hkl", (4, 4, 4, 8, 8, 4))[:-1]
    groups = np.split(rows, np.flatnonzero(rows[:, 5] > 0)[:-1] + 1)  # a group ends with a positive number
    pairs = {tuple(int(h) for h in g[:, 0]): g for g in groups if len(g) == 2}
    assert set(pairs) == {(i, i + 40) for i in range(25)}
    for (a, b), g in pairs.items():
        assert g[:, 5].tolist() == [-1, 2]
        np.testing.assert_allclose(g[:, 3], (a + b) / 2 + 100)
    alone = {int(g[0, 0]): g[0] for g in groups if len(g) == 1}
    assert len(alone) == 30
    assert all(row[3] == h + 100 and row[5] == 1 + (h >= 40) for h, row in alone.items())
    ins = (tmp_path / "a.ins").read_text()
    assert "BASF 0.500\nHKLF 5\n" in ins
