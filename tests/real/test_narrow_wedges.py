"""40 wedges of one degree of cubic polyhedrin: read from one command, clustered, refined together."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gnomon import read_experiments, read_reflections
from gnomon.maths.geometry.prediction import predict
from gnomon.models.flags import Flag

WEDGES = Path(os.environ["GNOMON_SHARED_DATA"]) / "narrow_wedges"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not WEDGES.is_dir(), reason="no shared data: set GNOMON_SHARED_DATA to its folder"),
]
EDGE = 2 / 3**0.5
"""Cubic a over the edge of the primitive rhombohedral cell that the files have."""


def gnomon(folder: Path, *words: str) -> tuple[str, float]:
    """What the command said, and the CPU seconds it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-m", "gnomon", *words], cwd=folder, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


@pytest.fixture(scope="module")
def combined(tmp_path_factory):
    """The folder of combined.expt and combined.refl, and what the command said."""
    folder = tmp_path_factory.mktemp("wedges")
    return folder, gnomon(folder, "combine_experiments", *sorted(map(str, WEDGES.glob("sweep_*"))))[0]


def test_all_are_read_and_sweeps_of_two_lattices_are_named(combined):
    folder, said = combined
    experiments, reflections = read_experiments(folder / "combined.expt"), read_reflections(folder / "combined.refl")
    shared = {name: len(experiments.groups_sharing(name)) for name in ("beam", "detector", "goniometer", "images")}
    assert shared == {"beam": 1, "detector": 1, "goniometer": 1, "images": 40}
    assert len({e.identifier for e in experiments}) == len(experiments) == 103
    assert "1 lattice (5): xtal128_1, xtal109_1, xtal90_1, xtal5_1, xtal263_1" in said
    two = said.partition("2 lattices (19): ")[2].partition("3 lattices")[0]
    assert two.split()[:3] == ["xtal303_1,", "xtal334_1,", "xtal240_1,"]
    assert said.count("not in its experiment file left out") == 12  # lattices given up after indexing
    assert len(reflections) == 11689
    assert (np.bincount(reflections["id"]) >= 39).all()


def test_cells_cluster(combined):
    said, _ = gnomon(combined[0], "cluster_unit_cell", "combined.expt")
    assert "1 clusters of 103 crystals, 0 alone" in said
    assert "I 4 3 2  105.03 105.03 105.03" in said
    said, _ = gnomon(combined[0], "cluster_unit_cell", "combined.expt", "threshold=20", "output.clusters=true")
    assert "cluster_1: xtal53_1 (2)\ncluster_2: xtal90_1" in said
    assert len(read_experiments(combined[0] / "cluster_0.expt")) == 101


def test_the_shared_detector_is_refined_over_all(combined):
    folder = combined[0]
    _, seconds = gnomon(folder, "refine", "combined.expt", "combined.refl")
    assert seconds < 20  # measured: 3 s
    before, after = read_experiments(folder / "combined.expt"), read_experiments(folder / "refined.expt")
    assert len(after.groups_sharing("detector")) == len(after.groups_sharing("beam")) == 1
    cells = [np.array([EDGE * e.crystal.cell[0] for e in experiments]) for experiments in (before, after)]
    assert abs(np.median(cells[1]) - 104.9) < 0.2
    assert cells[1].std() < cells[0].std() < 0.12
    table = read_reflections(folder / "refined.refl")
    used = table.has(Flag.USED_IN_REFINEMENT)
    off = [_differences(experiments, table)[used] for experiments in (before, after)]
    x, y = np.sqrt((off[1] ** 2).mean(axis=0))[:2]
    assert x < 0.65
    assert y < 0.65
    assert (np.abs(off[1]).mean(axis=0) < np.abs(off[0]).mean(axis=0)).all()


def _differences(experiments, table):
    """(N, 3) px, px, images: predicted less observed."""
    return predict(experiments, table)["xyzcal.px"] - table["xyzobs.px.value"]
