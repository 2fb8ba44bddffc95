"""HDF5 images that we write: DIALS 3.12.1 reads the geometry and finds the spots that we do."""

import os
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections

pytestmark = pytest.mark.interop
WORDS = ("images=3", "image_size=1030,1065", "pixel_size=0.075", "distance=60", "prefix=t", "folder=.")


@pytest.mark.parametrize(("kind", "master"), [("nxmx", "t.nxs"), ("eiger", "t_master.h5")])
def test_dials_agrees(dials, tmp_path, monkeypatch, kind, master):
    monkeypatch.chdir(tmp_path)
    main(["simulate", f"file_format={kind}", *WORDS])
    main(["import", master])
    main(["find_spots", "imported.expt"])
    filters = "HDF5_PLUGIN_PATH=" + os.path.join(Path(hdf5plugin.__file__).parent, "plugins")
    dials(tmp_path, "env", filters, "dials.import", master, "output.experiments=theirs.expt")
    dials(tmp_path, "env", filters, "dials.find_spots", "theirs.expt", "output.reflections=theirs.refl")
    (ours,), (theirs,) = read_experiments("imported.expt"), read_experiments("theirs.expt")
    for name, atol in (("fast_axis", 1e-9), ("slow_axis", 1e-9), ("origin", 3e-6), ("pixel_size", 1e-9), ("mu", 1e-6)):
        a, b = (getattr(e.detector.panels[0], name) for e in (ours, theirs))
        np.testing.assert_allclose(a, b, atol=atol)  # DIALS makes the older file's origin of 32-bit floats
    np.testing.assert_allclose(ours.beam.s0, theirs.beam.s0, atol=1e-9)
    np.testing.assert_allclose(ours.goniometer.lab_axis, theirs.goniometer.lab_axis, atol=1e-9)
    assert ours.scan.oscillation == pytest.approx(theirs.scan.oscillation)
    assert ours.images.indices == theirs.images.indices
    assert spots("strong.refl") == spots("theirs.refl")


def changed(kind):
    """Writes into the older master what beamlines do: its detector's number, or where a swung one stands."""
    with h5py.File("t_master.h5", "a") as file:
        detector = file["entry/instrument/detector"]
        if kind == "vertical":
            del detector["detector_number"]
            detector["detector_number"] = np.bytes_(b"E-32-0105")
            return
        c, s = np.cos(np.pi / 6), 0.5
        place = detector["geometry/translation/distances"]
        place[...] = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]) @ place[()]
        detector["geometry/orientation/value"][...] = [-c, 0, s, 0, -1, 0]


@pytest.mark.parametrize("kind", ["vertical", "swung"])
def test_older_masters_stand_where_dials_has_them(dials, tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    main(["simulate", "file_format=eiger", *WORDS])
    changed(kind)
    main(["import", "t_master.h5"])
    filters = "HDF5_PLUGIN_PATH=" + os.path.join(Path(hdf5plugin.__file__).parent, "plugins")
    dials(tmp_path, "env", filters, "dials.import", "t_master.h5", "output.experiments=theirs.expt")
    (ours,), (theirs,) = read_experiments("imported.expt"), read_experiments("theirs.expt")
    np.testing.assert_allclose(ours.detector.frames, theirs.detector.frames, atol=2e-5)  # 32-bit floats
    np.testing.assert_allclose(ours.goniometer.lab_axis, theirs.goniometer.lab_axis, atol=1e-9)
    assert ours.goniometer.lab_axis.tolist() == ([0, 1, 0] if kind == "vertical" else [1, 0, 0])


def spots(path):
    table = read_reflections(path)
    place = np.round(table["xyzobs.px.value"], 3).tolist()
    return sorted((*xyz, n) for xyz, n in zip(place, table["n_signal"].tolist()))
