"""Formats that both programs export, of the same files."""

import json
from itertools import pairwise

import h5py
import numpy as np
import pytest

from gnomon.cli.main import main

pytestmark = pytest.mark.interop


@pytest.fixture
def exported(chain, dials, tmp_path, monkeypatch):
    """``exported("json", "strong", "rlp.json")``: the paths of our file and theirs."""
    monkeypatch.chdir(tmp_path)

    def both(kind, stem, name, *files):
        words = files or chain.files(stem)
        theirs, ours = tmp_path / "theirs", tmp_path / "ours"
        for folder in (theirs, ours):
            folder.mkdir(exist_ok=True)
        dials(theirs, "dials.export", *words, f"format={kind}")
        monkeypatch.chdir(ours)
        main(["export", *words, f"format={kind}"])
        return ours / name[0], theirs / name[1]

    return both


def rows_of(path):
    edges = np.cumsum([0, 4, 4, 4, 8, 8, 4, *[8] * 6, 7, 7, 8, 7, 5])
    lines = path.read_text().splitlines()
    found = np.array([[float(line[a:b]) for a, b in pairwise(edges)] for line in lines])
    return {(*map(int, row[:3]), round(row[14])): row for row in found}


def test_sadabs(exported):
    ours, theirs = map(rows_of, exported("sadabs", "integrated", ("integrated.sad", "integrated.sad")))
    common = sorted(ours.keys() & theirs.keys())
    assert len(common) > 0.99 * max(len(ours), len(theirs))
    a, b = (np.array([rows[key] for key in common]) for rows in (ours, theirs))
    np.testing.assert_allclose(a[:, 6:12], b[:, 6:12], atol=3e-4)
    np.testing.assert_allclose(
        a[:, 12:16], b[:, 12:16], atol=0.3
    )  # how deep photons stop: docs/decisions/2026-11-22-parallax.md
    np.testing.assert_allclose(a[:, 16], b[:, 16], atol=10)  # theirs with the cell that does not vary
    same = np.isclose(a[:, 3], b[:, 3], rtol=1e-3, atol=0.02) & np.isclose(a[:, 4], b[:, 4], rtol=1e-3, atol=0.02)
    assert same.mean() > 0.99  # theirs adds up parts of reflections


def test_reciprocal_lattice_points(exported, chain):
    files = str(chain.folder / "imported.expt"), chain.files("strong")[1]
    ours, theirs = (json.loads(p.read_text()) for p in exported("json", "", ("rlp.json", "rlp.json"), *files))
    np.testing.assert_allclose(
        ours["rlp"], theirs["rlp"], atol=2e-4
    )  # how deep photons stop: docs/decisions/2026-11-22-parallax.md
    assert [ours[key] == theirs[key] for key in ("experiment_id", "imageset_id")] == [True, True]


def test_mosflm(exported, chain):
    names = ("mosflm/index.mat", "mosflm/index.mat")
    ours, theirs = exported("mosflm", "refined", names, chain.files("refined")[0])
    numbers = [np.array(p.read_text().split(), float).reshape(-1, 3) for p in (ours, theirs)]
    for rows in (slice(4), slice(7, None)):  # U between them is by another B where angles are not 90 degrees
        np.testing.assert_allclose(numbers[0][rows], numbers[1][rows], atol=2e-6)
    same = [(p.parent / "mosflm.in").read_text().split() for p in (ours, theirs)]
    assert same[0] == same[1]


def test_nexus(exported):
    ours, theirs = exported("nxs", "integrated", ("integrated.nxs", "integrated.nxs"))
    with h5py.File(ours) as a, h5py.File(theirs) as b:
        names = set(a["entry/reflections"]) & set(b["entry/reflections"])
        assert {"int_sum", "int_prf_var", "h", "predicted_phi", "observed_px_x", "det_module"} <= names
        for name in names - {"reflection_id"}:
            x, y = a["entry/reflections"][name][()], b["entry/reflections"][name][()]
            assert np.array_equal(x, y), name
        for name in ("average_unit_cell", "unit_cell"):
            sample = "entry/experiment_0/sample"
            np.testing.assert_allclose(a[sample][name], b[sample][name], rtol=1e-9)
