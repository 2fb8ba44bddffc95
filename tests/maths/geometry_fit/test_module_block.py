"""Modules out of place are found again, by the spots of all experiments on their detector."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnomon.maths.geometry_fit.fit import fit_geometry
from gnomon.maths.geometry_fit.model import model_of
from gnomon.maths.geometry_fit.observations import observations
from gnomon.maths.geometry_fit.options import FitOptions
from gnomon.maths.geometry_fit.residuals import Problem
from gnomon.models.experiment import Experiments
from gnomon.models.goniometer import rotation_about
from gnomon.models.offsets import ModuleOffsets
from gnomon.models.scan import Scan
from gnomon.steps.refine.detector_modules import panel_grids

WIDE = Scan((1, 90), (0.0, 1.0))
GAPS = ((295, 0, 305, 600), (0, 195, 600, 205), (0, 395, 600, 405))


def tiled(experiment):
    """The experiment, its detector one panel of two by three modules."""
    panels = tuple(replace(panel, mask=GAPS) for panel in experiment.detector.panels)
    return experiment.replace(detector=replace(experiment.detector, panels=panels))


def grids_of(experiment):
    return panel_grids(experiment.detector, ((),) * len(experiment.detector))


def out_of_place(experiment, seed=1, shift=0.05, turn=2e-4):
    """The experiment with modules somewhere else, those of each panel."""
    rng = np.random.default_rng(seed)
    offsets = [
        ModuleOffsets(grid, shift * rng.normal(size=(len(grid), 2)), turn * rng.normal(size=len(grid)))
        for grid in grids_of(experiment)
    ]
    return experiment.replace(detector=experiment.detector.with_offsets(offsets))


def astray(experiment, make_misset, detector):
    """Where a header may have it."""
    turn = rotation_about(np.array([0.3, 0.2, 1.0]), np.deg2rad(0.1))
    crystal = make_misset(experiment.crystal, 0.05, 0.001)
    return experiment.replace(detector=detector.moved(turn, np.array([0.3, -0.2, 0.4])), crystal=crystal)


def off(fit, truth):
    """(2,) px r.m.s. between predicted and true positions, of what is predicted within the scan."""
    good = fit.reflections.has(1)
    difference = (fit.reflections["xyzcal.px"] - truth)[good]
    near = np.abs(difference[:, 2]) < 1
    return np.sqrt((difference[near, :2] ** 2).mean(axis=0))


@pytest.mark.parametrize("n_panels", [1, 3])
def test_modules_are_placed(tilted, make_spots, make_misset, n_panels):
    """As gaps tell them on one panel, or as panels: 0.05 px r.m.s. out of place."""
    plain = tilted(scan=WIDE, n_panels=n_panels)
    plain = tiled(plain) if n_panels == 1 else plain
    truth = out_of_place(plain)
    true = make_spots(Experiments.of([truth]), 3.0)["xyzobs.px.value"]
    table = make_spots(Experiments.of([truth]), 3.0, noise=0.05)
    start = Experiments.of([astray(plain, make_misset, plain.detector)])
    one = fit_geometry(start, table)
    fit = fit_geometry(start, table, FitOptions(modules=(grids_of(plain),)))
    assert off(one, true).max() > 3 * off(fit, true).max()
    assert off(fit, true).max() < 0.006
    ours, real = fit.experiments[0].crystal, truth.crystal
    assert np.abs(ours.cell / real.cell - 1).max() < 1e-4
    # panels that are modules are moved as panels, which every program understands
    kept = [panel.offsets is not None for panel in fit.experiments[0].detector.panels]
    assert kept == ([True] if n_panels == 1 else [False] * 3)


def test_what_modules_have_in_common_is_left_to_the_detector(tilted, make_spots, make_misset):
    """A shift, a turn and a stretch of all modules are position, orientation and distance of the detector."""
    plain = tiled(tilted(scan=WIDE))
    truth = out_of_place(plain)
    table = make_spots(Experiments.of([truth]), 3.0, noise=0.05)
    start = Experiments.of([astray(plain, make_misset, plain.detector)])
    fit = fit_geometry(start, table, FitOptions(modules=(grids_of(plain),)))
    found = fit.experiments[0].detector.panels[0].offsets
    centres = found.grid.centres - found.grid.centres.mean(axis=0)
    turned = np.column_stack([-centres[:, 1], centres[:, 0]])
    assert np.abs(found.shift.mean(axis=0)).max() < 0.01  # px, of 0.05
    for pattern in (turned, centres):
        assert abs((found.shift * pattern).sum() / (pattern**2).sum()) * 300 < 0.01  # px at the edge


def test_perfect_modules_stay_within_their_uncertainties(tilted, make_spots, make_misset):
    plain = tiled(tilted(scan=WIDE))
    table = make_spots(Experiments.of([plain]), 3.0, noise=0.1)
    start = Experiments.of([astray(plain, make_misset, plain.detector)])
    options = FitOptions(modules=(grids_of(plain),))
    one, fit = fit_geometry(start, table), fit_geometry(start, table, options)
    which = [i for i, name in enumerate(fit.names) if name.startswith("module")]
    assert len(which) == 3 * 6
    pulls = fit.values[which] / fit.uncertainties[which]
    assert np.sqrt((pulls**2).mean()) < 1.3
    true = make_spots(Experiments.of([plain]), 3.0)["xyzobs.px.value"]
    assert off(fit, true).max() < 0.005
    assert np.abs(fit.experiments[0].crystal.cell - one.experiments[0].crystal.cell).max() < 0.003


def test_wedges_on_one_detector_place_its_modules_together(tilted, make_spots, make_misset):
    first = tiled(tilted(scan=Scan((1, 12), (0.0, 0.5))))
    truth = out_of_place(first)
    wedges = [
        truth.replace(
            scan=Scan((1, 12), (9.0 * i, 0.5)), crystal=tilted(orientation=0.3 * i, hall=" P 2 2",
            cell=(31, 37, 43, 90, 90, 90)).crystal,
        )
        for i in range(8)
    ]  # fmt: skip
    table = make_spots(Experiments.of(wedges), 3.0, noise=0.05)
    moved = first.detector.moved(np.eye(3), np.array([0.3, 0.2, -0.5]))
    start = Experiments.of(w.replace(detector=moved, crystal=make_misset(w.crystal, 0.05, 0.0005)) for w in wedges)
    fit = fit_geometry(start, table, FitOptions(modules=(grids_of(first),)))
    assert len({e.detector.key for e in fit.experiments}) == 1
    found, true = fit.experiments[0].detector.panels[0].offsets, truth.detector.panels[0].offsets
    error = found.shift - true.shift
    assert np.std(error - error.mean(axis=0)) < 0.02  # 0.05 apart
    # the detector's six, then the modules', in the names too
    assert [name.split()[0] for name in fit.names[1:7]] == ["detector"] * 6
    assert fit.names[7] == "module 0 shift fast (px)"


def test_derivatives_by_modules_are_the_limits_of_differences(tilted, make_spots, derivatives):
    experiments = Experiments.of([tiled(tilted())])
    table = make_spots(experiments, d_min=3.0)
    model = model_of(experiments, FitOptions(modules=(grids_of(experiments[0]),)))
    problem = Problem(model, observations(experiments, table, 0.05))
    p = np.zeros(len(model.sigma))
    state = model.at(p)
    prediction = problem.predict(state)
    J = derivatives[0](problem, state)
    detector = model.detectors[0]
    first = model.detector_slices[0].start + detector.n_rigid
    for k in range(first, first + len(detector.modules.sigma)):
        q = p.copy()
        step = 1e-3 if k % 3 != (first + 2) % 3 else 1e-5
        q[k] = step
        moved = model.at(q)
        numeric = (problem.residuals(moved, problem.predict(moved)) - problem.residuals(state, prediction)) / step
        size = np.abs(numeric).max()
        assert size > 0
        np.testing.assert_allclose(J[:, :, k], numeric, atol=5e-3 * size)  # the slope of the parallax is left out
