"""Crystals that slip are followed, those that do not are left alone, held to the true centroids."""

from __future__ import annotations

import numpy as np
import pytest
from made_spots import CELL, crystal_in, misset, slipping, spots, to_the_image

from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.scan import Scan
from gnomon.models.valid_images import with_valid_ranges
from gnomon.steps.refine import varying
from gnomon.steps.refine.params import RefineParams
from gnomon.steps.refine.step import refine

WEDGE = Scan((1, 20), (0.0, 0.5))


def off(result, true):
    """(3,) px, px, images r.m.s. from the true centroids, and the largest error of a cell edge, in percent.

    Of spots that were used or are outliers, and so not next to the spindle, where no angle is known.
    """
    cells = np.array([e.crystal.cell[:3] for e in result.experiments])
    judged = result.reflections.has(Flag.USED_IN_REFINEMENT | Flag.CENTROID_OUTLIER)
    error = (result.reflections["xyzcal.px"] - true)[judged]
    return np.sqrt((error**2).mean(axis=0)), 100 * np.abs(cells / CELL[:3] - 1).max()


def test_wedges_that_slip_are_followed():
    """Four wedges of 10 degrees that slip by 0.2: static predictions are off by 0.1 px and 0.15 images."""
    truth = Experiments.of([slipping(crystal_in(WEDGE, s, " P 2 2"), 0.2, s) for s in range(4)])
    table, true = spots(truth, 0.1, 1)
    result = refine(misset(truth), table, RefineParams())
    prediction, cell = off(result, true)
    assert prediction[:2].max() < 0.03  # wanted: 0.07 px, 0.05 images, 0.04 %
    assert prediction[2] < 0.03
    assert cell < 0.04
    assert all(e.crystal.is_scan_varying for e in result.experiments)
    assert "scan-varying orientation, checkpoints every 1 degrees" in result.summary.sentences[0]
    static = refine(misset(truth), table, RefineParams(scan_varying=False))
    worse, _ = off(static, true)
    assert (worse > 3 * prediction).all()


@pytest.mark.parametrize("seed", range(20))
def test_a_crystal_that_does_not_slip_is_as_well_off_as_static(seed):
    truth = Experiments.of([crystal_in(WEDGE, seed, " P 2 2")])
    table, true = spots(truth, 0.1, seed)
    (auto, cell), (static, cell_static) = (
        off(refine(misset(truth), table, RefineParams(scan_varying=along)), true) for along in (None, False)
    )
    assert (auto <= static * (1 + 1e-9)).all()
    assert cell <= cell_static * (1 + 1e-9)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_crystal_seen_on_four_wide_images_stands_still(seed):
    """Spots are cut on both sides and known to the image: the second turned by .09 degrees, one of images by .9."""
    e = crystal_in(Scan((1, 10), (0.0, 1.0)), seed).replace(identifier="e")
    e = with_valid_ranges(Experiments.of([e]), {0: [(4, 7)]})[0]
    table, true = spots(Experiments.of([e]), 0.03, seed, 1.6)
    result = refine(Experiments.of([e]), to_the_image(e, table, true, 0.3), RefineParams())
    assert not result.experiments[0].crystal.is_scan_varying
    assert off(result, true[_seen(table, true, result)])[0].max() < 0.1


def _seen(table, true, result):
    """The rows of ``table`` that ``result`` has, in its order."""
    at = {tuple(px): i for i, px in enumerate(table["xyzobs.px.value"][:, :2].tolist())}
    return [at[tuple(px)] for px in result.reflections["xyzobs.px.value"][:, :2].tolist()]


def test_a_path_that_the_second_round_does_not_bear_out_is_left(monkeypatch):
    """It was called static and kept its path, .9 degrees off."""
    truth = Experiments.of([crystal_in(WEDGE, s, " P 2 2") for s in range(2)])
    table, _ = spots(truth, 0.1, 1)
    judge, rounds = varying.fit_variation, []

    def turning_at_first(experiment, rows, options, asked, known=None):
        rounds.append(1)
        return judge(experiment, rows, options, len(rows) == 1, known)

    monkeypatch.setattr(varying, "fit_variation", turning_at_first)
    result = refine(misset(truth), table, RefineParams())
    still = refine(misset(truth), table, RefineParams(scan_varying=False))
    assert len(rounds) == 4
    for found, wanted in zip(result.experiments, still.experiments):
        assert not found.crystal.is_scan_varying
        np.testing.assert_allclose(found.crystal.A, wanted.crystal.A, atol=1e-9)


def test_a_swelling_cell_is_followed_and_its_mean_stays():
    truth = Experiments.of([slipping(crystal_in(Scan((1, 60), (0.0, 1.0)), 1, " P 2 2"), 0.0, 1, swelling=0.003)])
    table, true = spots(truth, 0.1, 1)
    result = refine(misset(truth), table, RefineParams())
    crystal = result.experiments[0].crystal
    assert "scan-varying cell" in result.summary.sentences[0]
    swollen = np.linalg.det(crystal.A_at_scan_points[0]) / np.linalg.det(crystal.A_at_scan_points[-1])
    assert np.cbrt(swollen) - 1 == pytest.approx(0.003, rel=0.15)
    assert np.abs(crystal.cell[:3] / (CELL[:3] * 1.0015) - 1).max() < 4e-4
    assert off(result, true)[0].max() < 0.03


def test_the_spacing_and_standing_still_can_be_asked_for():
    truth = Experiments.of([crystal_in(WEDGE, 3, " P 2 2")])
    table, true = spots(truth, 0.1, 3)
    asked = refine(misset(truth), table, RefineParams(scan_varying=True, interval=5.0))
    assert asked.experiments[0].crystal.is_scan_varying
    assert "checkpoints every 5 degrees" in asked.summary.sentences[0]
    still, _ = off(refine(misset(truth), table, RefineParams(scan_varying=False)), true)
    assert (off(asked, true)[0] < 1.1 * still).all()  # a walk that goes nowhere is a crystal that stands still
