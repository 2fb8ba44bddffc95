"""The utilities on experiment lists do as those of DIALS, on the same files; and DIALS reads what they write."""

import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections

pytestmark = [pytest.mark.interop, pytest.mark.real]


@pytest.fixture
def scaled(shared, tmp_path, monkeypatch):
    """Two sweeps of L-cysteine in files of their own names, in the folder that commands run in."""
    folder = shared / "dials_files" / "l_cysteine_4_sweeps_scaled"
    for ending in ("expt", "refl"):
        (tmp_path / f"two.{ending}").write_bytes((folder / f"scaled_20_25.{ending}").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def counts(path):
    return np.bincount(read_reflections(path)["id"]).tolist()


def test_split_and_combine_are_each_others_inverse(dials, scaled):
    main(["split_experiments", "two.expt", "two.refl"])
    ours = [counts(f"split_{i}.refl") for i in (0, 1)]
    dials(scaled, "dials.split_experiments", "two.expt", "two.refl")
    assert ours == [counts(f"split_{i}.refl") for i in (0, 1)]
    main(["combine_experiments", "split_0.expt", "split_1.expt", "split_0.refl", "split_1.refl"])
    assert counts("combined.refl") == counts("two.refl")
    assert "1700" in dials(scaled, "dials.show", "combined.expt")


def test_slices_hold_the_same_observed_reflections(dials, scaled):
    main(["split_experiments", "two.expt", "two.refl"])
    main(["slice_sequence", "split_0.expt", "split_0.refl", "image_range=101,300"])
    names = ("split_0_101_300.expt", "split_0_101_300.refl")
    ours = read_experiments(names[0]), read_reflections(names[1])
    dials(scaled, "dials.slice_sequence", "split_0.expt", "split_0.refl", "image_range=101,300")
    theirs = read_experiments(names[0]), read_reflections(names[1])
    assert ours[0][0].scan.image_range == theirs[0][0].scan.image_range
    np.testing.assert_allclose(ours[0][0].scan.oscillation, theirs[0][0].scan.oscillation)
    np.testing.assert_array_equal(ours[0][0].crystal.A_at_scan_points, theirs[0][0].crystal.A_at_scan_points)
    seen = [table["xyzobs.px.value"].any(axis=1) for _, table in (ours, theirs)]
    np.testing.assert_array_equal(ours[1]["miller_index"][seen[0]], theirs[1]["miller_index"][seen[1]])


def test_blocks_are_the_same(dials, scaled):
    main(["split_experiments", "two.expt", "two.refl"])
    main(["slice_sequence", "split_0.expt", "split_0.refl", "block_size=40"])
    ours = [e.scan.image_range for e in read_experiments("split_0_sliced.expt")]
    dials(scaled, "dials.slice_sequence", "split_0.expt", "split_0.refl", "block_size=40")
    assert ours == [e.scan.image_range for e in read_experiments("split_0_sliced.expt")]


@pytest.mark.parametrize(
    "option",
    [
        "flag_expression=integrated",
        "flag_expression=integrated_sum & ~reference_spot",
        "d_min=1.2",
        "d_max=3",
        "partiality.min=0.5",
        "partiality.max=0.9",
        "select_good_intensities=True",
        "ice_rings.filter=True",
    ],
)
def test_filters_keep_the_same(dials, shared, tmp_path, monkeypatch, option):
    monkeypatch.chdir(tmp_path)
    given = [str(shared / "dials_files" / "quartz_processed" / f"scaled.{ending}") for ending in ("expt", "refl")]
    main(["filter_reflections", *given, option])
    ours = read_reflections("filtered.refl")
    dials(tmp_path, "dials.filter_reflections", *given, option)
    np.testing.assert_array_equal(ours["miller_index"], read_reflections("filtered.refl")["miller_index"])


def test_cells_of_wedges_are_those_of_dials(dials, shared, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = sorted(str(p) for p in (shared / "narrow_wedges").glob("sweep_00*"))
    main(["combine_experiments", *files])
    said = dials(tmp_path, "dials.cluster_unit_cell", "combined.expt")
    line = next(line for line in said.splitlines() if line.startswith("cluster_1"))
    cells = np.array([e.crystal.cell for e in read_experiments("combined.expt")])
    assert float(line.split()[2]) == pytest.approx(np.median(cells[:, 0]), abs=0.006)
