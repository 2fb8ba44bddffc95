"""Wedges of crystals of three species, from images to clusters in one command, held to truth."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import gemmi
import numpy as np
import pytest

import gnomon
from gnomon.io.expt import read_experiments
from gnomon.models.names import data_set_names
from gnomon.simulate.assess.crystals import CrystalsFigures, assess_crystals
from gnomon.simulate.series_truth import load_series_truth

CLUSTERS = ("cluster_0", "cluster_1", "cluster_2")


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> tuple[Path, str]:
    """The folder that ``gnomon demo`` leaves, and its words."""
    folder: Path = tmp_path_factory.mktemp("many")
    env = {**os.environ, "PYTHONPATH": str(Path(gnomon.__file__).parents[1])}
    command = [sys.executable, "-m", "gnomon", "demo", "folder=demo"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "demo", done.stdout


@pytest.fixture(scope="module")
def figures(demo) -> CrystalsFigures:
    """Settings, cells and species of the clusters that were written."""
    folder, _ = demo
    everything = read_experiments(folder / "scaled.expt")
    names = data_set_names(everything)
    clusters = {}
    for cluster in CLUSTERS:
        inside = data_set_names(read_experiments(folder / f"{cluster}_scaled.expt"))
        clusters[cluster] = [names.index(name) for name in inside]
    return assess_crystals(load_series_truth(folder / "images"), everything, clusters)


def test_every_species_is_a_cluster_of_its_own(figures):
    assert figures.unmixed
    assert sorted(sum(counts.values()) for counts in figures.clusters.values()) == [4, 4, 4]


def test_all_crystals_are_in_one_setting(figures):
    assert figures.in_one_setting == figures.data_sets == 12


def test_cells_are_right(figures):
    assert np.median(np.abs(figures.cell_error)) < 5e-4


def test_clusters_agree_better_than_the_mixture(demo):
    _, words = demo
    rows = re.findall(r"^(all|cluster_\d) .*?([\d.]+)  ([\d.]+)$", words, re.MULTILINE)
    assert [name for name, _, _ in rows] == ["all", *CLUSTERS]
    (_, rpim, cc_half), *clusters = rows
    assert all(float(r) < float(rpim) for _, r, _ in clusters)
    assert all(float(c) > float(cc_half) for _, _, c in clusters)


def test_merged_intensities_are_those_of_the_species(demo, figures):
    folder, _ = demo
    truth = load_series_truth(folder / "images")
    for cluster, counts in figures.clusters.items():
        cc = _correlations(gemmi.read_mtz_file(str(folder / f"{cluster}_merged.mtz")), truth)
        assert truth.species_names[int(np.argmax(cc))] == next(iter(counts))
        assert max(cc) > 0.97


def _correlations(mtz: gemmi.Mtz, truth) -> list[float]:
    """With the true intensities of each species, in whichever of the two settings agrees."""
    found = dict(zip(map(tuple, mtz.make_miller_array().tolist()), mtz.column_with_label("IMEAN").array))
    asu = gemmi.ReciprocalAsu(mtz.spacegroup)
    operations = mtz.spacegroup.operations()
    best = []
    for exchange in (False, True):
        hkl = truth.hkl[:, [1, 0, 2]] * [1, 1, -1] if exchange else truth.hkl
        keys = [tuple(asu.to_asu(h, operations)[0]) for h in hkl.tolist()]
        there = np.array([key in found and np.isfinite(found[key]) for key in keys])
        mine = np.array([found[key] for key, ok in zip(keys, there) if ok])
        best.append([float(np.corrcoef(mine, I[there])[0, 1]) for I in truth.intensity])
    return max(best, key=max)
