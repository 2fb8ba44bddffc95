"""refine finds modules that are out of place, says so, and leaves perfect ones alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.geometry.prediction import predict_scan
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import Goniometer, rotation_about
from gnomon.models.offsets import ModuleOffsets
from gnomon.models.scan import Scan
from gnomon.report.refine import describe
from gnomon.steps.refine.detector_modules import panel_grids
from gnomon.steps.refine.params import RefineParams
from gnomon.steps.refine.step import refine
from tests.plain_values import assert_plain

CELL = np.array([40.0, 45.0, 60.0, 90.0, 90.0, 90.0])
GAPS = ((295, 0, 305, 600), (0, 195, 600, 205), (0, 395, 600, 405))
PANEL = Panel(np.eye(3)[0], -np.eye(3)[1], np.array([-60.0, 60.0, -130.0]), (600, 600), (0.2, 0.2), mask=GAPS)
DETECTOR = Detector((PANEL,))


def truth(seed: int, shift: float, turn_degrees: float = 0.03) -> Experiments:
    """A crystal that turns along its scan, modules ``shift`` px r.m.s. out of place."""
    rng = np.random.default_rng(seed)
    A = rotation_about(rng.normal(size=3), rng.uniform(0, 3)) @ b_matrix(CELL)
    t = np.linspace(0, 1, 61)
    axis = rng.normal(size=3)
    path = np.array([rotation_about(axis, np.deg2rad(turn_degrees) * np.sin(6 * x)) for x in t])
    detector = DETECTOR
    if shift:
        grid = panel_grids(DETECTOR, ((),))[0]
        offsets = ModuleOffsets(grid, shift * rng.normal(size=(len(grid), 2)), np.zeros(len(grid)))
        detector = DETECTOR.with_offsets([offsets])
    crystal = Crystal(A, " P 2 2", A_at_scan_points=path @ A)
    return Experiments.of([Experiment(Beam(), detector, Goniometer(), Scan((1, 60), (0.0, 1.0)), crystal)])


def observed(experiments: Experiments, seed: int):
    """The table with 0.05 px and images of noise, and the true centroids."""
    table = predict_scan(experiments[0], 0, 3.2)
    true = table["xyzcal.px"]
    noise = 0.05 * np.random.default_rng([seed, 1]).normal(size=true.shape)
    px = true + noise
    px[:, 2] = px[:, 2].clip(0, 60)
    columns = {"xyzobs.px.value": px, "xyzobs.px.variance": np.full(px.shape, 0.05**2)}
    flags = np.full(len(table), np.uint64(Flag.INDEXED | Flag.STRONG))
    return table.without_columns("xyzcal.px", "xyzcal.mm", "s1").with_columns({**columns, "flags": flags}), true


def started(experiments: Experiments) -> Experiments:
    """As the header and indexing have it."""
    turn = rotation_about(np.array([1.0, 0.3, 0.2]), 0.001)
    detector = DETECTOR.moved(np.eye(3), np.array([0.3, -0.2, 0.3]))
    return experiments.map(
        lambda e: e.replace(detector=detector, crystal=Crystal(turn @ e.crystal.A * 1.0005, e.crystal.hall_symbol))
    )


def off(result, true: np.ndarray) -> float:
    """px: the larger r.m.s. of x and y, predicted minus true."""
    used = result.reflections.has(Flag.USED_IN_REFINEMENT)
    return float(np.sqrt(((result.reflections["xyzcal.px"] - true)[used, :2] ** 2).mean(axis=0)).max())


def test_modules_out_of_place_are_placed_and_told():
    true_models = truth(1, 0.05)
    table, true = observed(true_models, 1)
    one = refine(started(true_models), table, RefineParams(modules=False))
    found = refine(started(true_models), table, RefineParams())
    assert off(one, true) > 2 * off(found, true)
    assert off(found, true) < 0.01
    assert np.abs(found.experiments[0].crystal.cell[:3] / CELL[:3] - 1).max() < 1e-4
    assert not one.summary.modules
    rows = found.summary.modules
    assert [tuple(row.fast) for row in rows] == [(0, 295), (305, 600)] * 3
    assert sum(row.n_used for row in rows) == pytest.approx(found.summary.experiments[0].n_used, rel=0.01)
    shifts = np.array([row.shift for row in rows])
    error = shifts - true_models[0].detector.panels[0].offsets.shift
    assert np.std(error - error.mean(axis=0)) < 0.012
    assert any(reason.startswith("6 modules placed one by one") for reason in found.summary.sentences)
    text = describe(found.summary)
    assert_plain(found.summary)
    assert "modules: how far spots on them are off from where the header has them" in text
    assert "0.0 305-599 0-194" in text


def test_refined_again_nothing_moves_any_more():
    true_models = truth(1, 0.05, turn_degrees=0.0)
    table, true = observed(true_models, 1)
    first = refine(started(true_models), table, RefineParams())
    again = refine(first.experiments, table, RefineParams())
    assert not again.summary.modules  # placed they are, so that there is nothing to gain
    assert again.experiments[0].detector.panels[0].offsets is first.experiments[0].detector.panels[0].offsets
    assert off(again, true) < 0.01


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_perfect_modules_are_left_alone(seed):
    """The result is that without trying; and even if they are placed, they do no harm."""
    true_models = truth(seed, 0.0)
    table, _ = observed(true_models, seed)
    one = refine(started(true_models), table, RefineParams(modules=False))
    found = refine(started(true_models), table, RefineParams())
    np.testing.assert_array_equal(
        found.experiments[0].crystal.A_at_scan_points, one.experiments[0].crystal.A_at_scan_points
    )
    assert any(reason.startswith("detector in one piece, not in modules") for reason in found.summary.sentences)


def test_modules_placed_all_the_same_do_no_harm():
    true_models = truth(3, 0.0)
    table, true = observed(true_models, 3)
    forced = refine(started(true_models), table, RefineParams(modules=True))
    assert len(forced.summary.modules) == 6
    assert off(forced, true) < 0.01


def test_a_detector_in_one_piece_has_no_modules():
    true_models = truth(1, 0.0, turn_degrees=0.0)
    plain = Detector((replace(PANEL, mask=()),))
    table, _ = observed(true_models, 1)
    start = started(true_models).map(lambda e: e.replace(detector=plain))
    summary = refine(start, table, RefineParams()).summary
    assert not any("module" in sentence for sentence in summary.sentences)
