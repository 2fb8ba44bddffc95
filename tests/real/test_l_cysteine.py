"""The real L-cysteine images, from headers to an MTZ: one command, and the eight single ones."""

import os
import subprocess
import sys
from pathlib import Path

import gemmi
import numpy as np
import pytest

from gnomon import read_experiments, read_reflections

IMAGES = Path(os.environ["GNOMON_SHARED_DATA"]) / "l_cysteine"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not IMAGES.is_dir(), reason="no shared data: set GNOMON_SHARED_DATA to its folder"),
]

PUBLISHED_CELL = np.array([5.428, 8.141, 12.038])

SINGLE = (
    "find_spots imported.expt",
    "index imported.expt strong.refl",
    "refine indexed.expt indexed.refl",
    "integrate refined.expt refined.refl",
    "symmetry integrated.expt integrated.refl",
    "scale symmetrized.expt symmetrized.refl",
    "merge scaled.expt scaled.refl",
    "export scaled.expt scaled.refl",
)


def gnomon(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "gnomon", *words], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def processed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("process")
    gnomon(folder, "process", *map(str, sorted(IMAGES.glob("*.cbf.gz"))))
    return folder


@pytest.fixture(scope="module")
def stepped(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("steps")
    gnomon(folder, "import", *map(str, sorted(IMAGES.glob("*.cbf.gz"))))
    for words in SINGLE:
        gnomon(folder, *words.split())
    return folder


@pytest.fixture(params=["processed", "stepped"])
def folder(request) -> Path:
    return request.getfixturevalue(request.param)


def test_ends_in_an_mtz_that_is_primitive_orthorhombic(folder):
    mtz = gemmi.read_mtz_file(str(folder / "merged.mtz"))
    assert mtz.nreflections > 50
    assert mtz.spacegroup.point_group_hm() == "222"
    assert mtz.spacegroup.centring_type() == "P"
    found = sorted([mtz.cell.a, mtz.cell.b, mtz.cell.c])
    assert np.allclose(found, PUBLISHED_CELL, rtol=0.005)
    unmerged = gemmi.read_mtz_file(str(folder / "scaled.mtz"))
    assert len(unmerged.batches) == 60


def test_most_spots_are_indexed_with_small_residuals(folder):
    strong, indexed = read_reflections(folder / "strong.refl"), read_reflections(folder / "indexed.refl")
    has_index = (indexed["miller_index"] != 0).any(axis=1)
    assert has_index.sum() >= 0.8 * len(strong)
    refined = read_reflections(folder / "refined.refl")
    used = refined.select((refined["flags"] & 8) != 0)
    residual = used["xyzobs.px.value"] - used["xyzcal.px"]
    assert (np.sqrt((residual[:, :2] ** 2).mean(axis=0)) < 0.2).all()


def test_four_sweeps_are_one_crystal_on_its_goniometer(folder):
    """Indexed alike; the mount slipped by 1.5 degrees at most, as the complete published sweeps show too."""
    experiments = read_experiments(folder / "refined.expt")
    assert len(experiments) == 4
    axes = [e.crystal.A / np.linalg.norm(e.crystal.A, axis=0) for e in experiments]
    for other in axes[1:]:
        turn = np.degrees(np.arccos((np.trace(other.T @ axes[0]) - 1) / 2))
        assert turn < 2.0


def test_same_files_for_any_number_of_workers(processed, tmp_path):
    gnomon(tmp_path, "process", *map(str, sorted(IMAGES.glob("*.cbf.gz"))), "nproc=1")
    tables = sorted(processed.glob("*.refl"))
    assert len(tables) == 6
    for table in tables:
        assert (tmp_path / table.name).read_bytes() == table.read_bytes(), table.name


def test_correlation_matrix_says_that_the_sweeps_are_too_small_to_compare(stepped):
    text = gnomon(stepped, "correlation_matrix", "scaled.expt", "scaled.refl")
    assert "No clusters" in text
    assert "unique reflections" in text
