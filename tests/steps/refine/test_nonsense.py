"""Where spots tell nothing, or nothing right, the geometry given is kept and that is said."""

from __future__ import annotations

import time

import numpy as np
import pytest
from made_spots import crystal_in, misset, spots

from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.scan import Scan
from gnomon.steps.refine.params import RefineParams
from gnomon.steps.refine.step import refine
from tests.plain_values import assert_plain

THREE = Scan((1, 3), (0.0, 0.1))


def shuffled(table, which):
    """The table with the indices of the rows ``which`` dealt out anew."""
    hkl = table["miller_index"].copy()
    hkl[which] = np.random.default_rng(1).permutation(hkl[which])
    return table.with_columns({"miller_index": hkl})


@pytest.mark.parametrize("scan", [THREE, Scan((1, 40), (0.0, 1.0))])
def test_misindexed_spots_move_nothing(scan):
    truth = Experiments.of([crystal_in(scan, 1, " P 2 2")])
    table, _ = spots(truth, 0.1, 1)
    start = misset(truth)
    result = refine(start, shuffled(table, np.arange(len(table))), RefineParams())
    assert result.experiments[0].detector is start[0].detector
    assert result.experiments[0].crystal is start[0].crystal
    assert any("the geometry given is kept" in reason for reason in result.summary.sentences)
    assert not result.reflections.has(Flag.USED_IN_REFINEMENT).any()
    assert result.summary.moves[0].shift == (0, 0, 0)


def test_a_crystal_that_is_misindexed_does_not_spoil_the_others():
    truth = Experiments.of([crystal_in(Scan((1, 20), (0.0, 0.5)), s, " P 2 2") for s in (1, 2, 3)])
    table, true = spots(truth, 0.1, 1)
    start = misset(truth)
    result = refine(start, shuffled(table, np.flatnonzero(table["id"] == 1)), RefineParams())
    assert result.experiments[1].crystal is start[1].crystal
    assert len({e.detector.key for e in result.experiments}) == 1
    assert "crystal of experiment 1 is kept as given" in result.summary.sentences[0]
    good = table["id"] != 1
    assert np.sqrt(((result.reflections["xyzcal.px"] - true)[good] ** 2).mean()) < 0.03
    assert result.reflections.has(Flag.USED_IN_REFINEMENT)[good].mean() > 0.9


def test_three_narrow_images_leave_the_detector_near_the_header():
    truth = Experiments.of([crystal_in(THREE, 4)])
    table, _ = spots(truth, 0.1, 4)
    result = refine(misset(truth), table, RefineParams())
    assert result.summary.sentences[0].startswith("as in the header, since the spots tell less of it: detector body 0")
    assert np.abs(result.summary.moves[0].shift).max() < 1.0
    assert max(result.summary.experiments[0].rmsd_indexed) < 0.2


def test_fewer_spots_than_parameters_move_nothing():
    truth = Experiments.of([crystal_in(THREE, 4)])
    table, _ = spots(truth, 0.1, 4)
    result = refine(misset(truth), table.select(slice(0, 4)), RefineParams())
    assert any("spots are fewer than" in reason for reason in result.summary.sentences)
    assert_plain(result.summary)
    assert result.summary.moves[0].shift == (0, 0, 0)


def test_a_single_image_takes_no_time():
    truth = Experiments.of([crystal_in(Scan((1, 1), (0.0, 0.5)), 5)])
    table, _ = spots(truth, 0.1, 5, d_min=2.0)
    px = table["xyzobs.px.value"].copy()
    px[:, 2] = 0.5
    start = time.process_time()
    result = refine(misset(truth), table.with_columns({"xyzobs.px.value": px}), RefineParams())
    assert time.process_time() - start < 1.0
    assert np.abs(result.summary.moves[0].shift).max() < 1.0
