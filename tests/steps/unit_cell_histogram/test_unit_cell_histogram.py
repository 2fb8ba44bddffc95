"""Planted cells are counted in their bins, the one that is off stands apart, and two lattices are two clusters."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from gnomon import unit_cell_histogram
from gnomon.cli.main import main
from gnomon.errors import InputError
from gnomon.io.expt import write_experiments
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments

DETECTOR = Detector(
    (Panel(np.array([1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([-10.0, 8.0, -60.0]), (100, 80), (0.2, 0.2)),)
)


def crystals(*cells):
    beam = Beam(np.array([0.0, 0, 1]), 1.0)
    made = (Crystal(b_matrix(np.array(cell, float)), " P 1") for cell in cells)
    return Experiments.of(Experiment(beam, DETECTOR, crystal=c) for c in made)


@pytest.fixture(scope="module")
def many():
    """Twelve of one cell, a from 60.012 to 60.027; eight of another; and one with a strange c."""
    first = [(60.012 + 0.005 * (i % 4), 70.02, 80.03, 90, 95, 90) for i in range(12)]
    return crystals(*first, *[(60.125, 70.02, 110.03, 90, 95, 90)] * 8, (60.021, 70.02, 140.0, 90, 95, 90))


def test_cells_are_counted(many):
    summary = unit_cell_histogram(many).summary
    a = summary.spreads[0]
    np.testing.assert_allclose(a.edges, [60.0, 60.05, 60.10, 60.15])
    assert a.counts == ((12, 0, 0), (0, 0, 8), (1, 0, 0))
    assert summary.labels == (0,) * 12 + (1,) * 8 + (2,)
    assert summary.spreads[4].quartiles == pytest.approx([95.0] * 5)
    finer = unit_cell_histogram(many, steps_per_angstrom=100.0).summary.spreads[0]
    np.testing.assert_allclose(finer.edges[::12], [60.01, 60.13])
    np.testing.assert_array_equal(np.sum(finer.counts, axis=0)[[0, 1, 2, 11]], [6, 7, 0, 8])


def test_a_cell_beyond_the_fences_stands_apart(many):
    """c: quartiles 80.03 and 110.03, so that one and a half differences more is 155.03; at 0.9 it is 137.03."""
    assert unit_cell_histogram(many).summary.outliers == ()
    (one,) = unit_cell_histogram(many, iqr_ratio=0.9).summary.outliers
    assert one.reason == "c 140.000, most are 80.030 to 110.030"
    assert one.name == "experiment 20"
    assert unit_cell_histogram(many, iqr_ratio=None).summary.outliers == ()


def test_a_cell_that_is_far_off_makes_wider_bins():
    spread = unit_cell_histogram(crystals(*[(60, 70, 80, 90, 95, 90)] * 3, (60, 70, 5080, 90, 95, 90))).summary.spreads[
        2
    ]
    assert len(spread.edges) < 2010
    assert np.sum(spread.counts) == 4


def test_page_picture_and_numbers(many, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_experiments("many.expt", many)
    main(["unit_cell_histogram", "many.expt", "output.json=cells.json"])
    found = json.loads((tmp_path / "cells.json").read_text())
    assert found["histograms"]["a"]["counts"] == [[12, 0, 0], [0, 0, 8], [1, 0, 0]]
    assert found["crystals"][13]["cluster"] == 1
    with Image.open("uc_histograms.png") as picture:
        assert picture.size == (1200, 600)
        # of a, the first third of the axis: twelve of cluster 0 below, one of cluster 2 on top
        column = np.asarray(picture)[20:256, 100]
    colours, heights = np.unique(column.reshape(-1, 3), axis=0, return_counts=True)
    by = {tuple(colour): n for colour, n in zip(colours.tolist(), heights.tolist())}
    assert by[0, 0x72, 0xB2] / by[0, 0x9E, 0x73] == pytest.approx(12, rel=0.15)
    assert "Edges against each other" in (tmp_path / "gnomon.unit_cell_histogram.html").read_text()
    assert "3 clusters of cells: cluster_0 12, cluster_1 8, cluster_2 1" in capsys.readouterr().out


def test_one_crystal_is_too_few():
    with pytest.raises(InputError, match="given 1 crystals, needed two"):
        unit_cell_histogram(crystals((60, 70, 80, 90, 95, 90)))
