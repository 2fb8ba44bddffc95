"""The joint fit finds known models again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.maths.geometry_fit.fit import fit_geometry
from gnomon.maths.geometry_fit.observations import LEAST_WHOLE, is_whole
from gnomon.maths.geometry_fit.one_lattice import is_alike, lattice_groups
from gnomon.maths.geometry_fit.options import FitOptions
from gnomon.maths.geometry_fit.outliers import chi_squared_quantile, distances
from gnomon.maths.geometry_fit.precision import MORE_IMAGES, ONE_IMAGE, scatter
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import rotation_about
from gnomon.models.model import key_of
from gnomon.models.scan import Scan

WIDE = Scan((1, 90), (0.0, 1.0))


def astray(experiment, crystal, shift=(0.5, -0.4, 0.3)):
    """The experiment with a crystal that is wrong and a detector that stands elsewhere."""
    turn = rotation_about(np.array([0.0, 0.0, 1.0]), np.deg2rad(0.1))
    return experiment.replace(detector=experiment.detector.moved(turn, np.array(shift)), crystal=crystal)


def angle_between(a, b):
    """Degrees between two orientations, compared through their A."""
    R = a.A @ np.linalg.inv(b.A)
    return np.rad2deg(np.arccos(np.clip((np.trace(R) / np.cbrt(np.linalg.det(R)) - 1) / 2, -1, 1)))


def test_exact_spots_give_the_exact_crystal(tilted, make_spots, make_misset):
    truth = tilted(scan=WIDE)
    wrong = astray(truth, make_misset(truth.crystal, 0.1, 0.002))
    fit = fit_geometry(Experiments.of([wrong]), make_spots(Experiments.of([truth]), 3.0))
    np.testing.assert_allclose(fit.experiments[0].crystal.cell, truth.crystal.cell, rtol=1e-6)
    assert fit.rmsd.max() < 1e-3
    np.testing.assert_allclose(fit.experiments[0].detector.frames, truth.detector.frames, atol=0.02)


def pull(ours, true):
    """(6,) errors of the cell over their uncertainties, 0 where it is not free."""
    sd = ours.cell_parameter_sd
    return np.divide(ours.cell - true.cell, sd, out=np.zeros(6), where=sd > 1e-9)


@pytest.mark.parametrize("hall", [" P 2y", " P 1"])
def test_errors_are_as_large_as_the_uncertainties_say(tilted, make_spots, make_misset, hall):
    truth = tilted(scan=WIDE, hall=hall)
    wrong = astray(truth, make_misset(truth.crystal, 0.1, 0.002))
    pulls = []
    for seed in range(4):
        table = make_spots(Experiments.of([truth]), 4.0, noise=0.2, seed=seed)
        fit = fit_geometry(Experiments.of([wrong]), table, FitOptions(outliers="none"))
        crystal = fit.experiments[0].crystal
        assert fit.chi_squared == pytest.approx(0.04 / 0.0401, abs=0.1)  # 0.2 px, and the floor of 0.01 px
        free = crystal.cell_parameter_sd > 1e-9
        assert free.sum() == (4 if hall == " P 2y" else 6)
        np.testing.assert_allclose(crystal.cell[~free], 90)
        pulls += list(pull(crystal, truth.crystal)[free])
    assert 0.4 < np.std(pulls) < 1.8


def test_many_crystals_on_one_detector(tilted, make_spots, make_misset):
    wedges = [
        tilted(orientation=0.3 * i, hall=" P 2 2", cell=(31, 37, 43, 90, 90, 90), scan=Scan((1, 12), (9.0 * i, 0.5)))
        for i in range(8)
    ]
    detector, beam = wedges[0].detector, wedges[0].beam
    truth = Experiments.of([w.replace(detector=detector, beam=beam) for w in wedges])
    moved = detector.moved(np.eye(3), np.array([0.3, 0.2, -0.5]))
    start = truth.map(lambda e: e.replace(detector=moved, crystal=make_misset(e.crystal, 0.1, 0.001)))
    table = make_spots(truth, 3.0, noise=0.15)
    fit = fit_geometry(start, table)
    assert len({e.detector.key for e in fit.experiments}) == 1
    assert len({key_of(e.crystal) for e in fit.experiments}) == 8
    for ours, true in zip(fit.experiments, truth):
        assert np.abs(pull(ours.crystal, true.crystal)).max() < 4
        np.testing.assert_allclose(ours.crystal.cell, true.crystal.cell, rtol=2e-3)
        assert angle_between(ours.crystal, true.crystal) < 0.05
    assert np.nanmax(fit.rmsd) < 0.2


def test_planted_outliers_are_flagged_and_do_no_harm(tilted, make_spots, make_misset):
    truth = tilted(scan=WIDE)
    table = make_spots(Experiments.of([truth]), 4.0, noise=0.1)
    px = table["xyzobs.px.value"].copy()
    bad = np.arange(len(table)) % 7 == 0
    px[bad, :2] += np.random.default_rng(0).choice([-1, 1], (bad.sum(), 2)) * 4
    wrong = astray(truth, make_misset(truth.crystal, 0.05, 0.001))
    fit = fit_geometry(Experiments.of([wrong]), table.with_columns({"xyzobs.px.value": px}))
    flagged, used = fit.reflections.has(Flag.CENTROID_OUTLIER), fit.reflections.has(Flag.USED_IN_REFINEMENT)
    assert not (flagged & used).any()
    assert not used[bad].any()
    assert used[~bad].mean() > 0.85
    assert fit.n_used.sum() == used.sum()
    assert fit.n_outliers.sum() == flagged.sum()
    assert np.abs(pull(fit.experiments[0].crystal, truth.crystal)).max() < 4


def test_one_cell_in_two_mounts(tilted, make_spots, make_misset):
    first = tilted(scan=WIDE)
    second = first.replace(scan=Scan((1, 60), (100.0, 1.0)))
    slipped = second.replace(crystal=make_misset(first.crystal, 0.3, 0.0))
    table = make_spots(Experiments.of([first, slipped]), 4.0)
    together = Experiments.of([first, second])
    assert fit_geometry(together, table, FitOptions(outliers="none")).rmsd.max() > 0.05
    fit = fit_geometry(together, table, FitOptions(outliers="none", separate_mounts=True))
    assert fit.rmsd.max() < 1e-3
    a, b = (e.crystal for e in fit.experiments)
    np.testing.assert_allclose(a.cell, b.cell, rtol=1e-12)
    assert angle_between(a, b) == pytest.approx(0.3, abs=1e-3)


def test_a_turning_and_swelling_crystal(tilted, make_spots):
    still = tilted(scan=WIDE)
    turns = [rotation_about(np.array([1.0, 0.5, 0.2]), 0.006 * t**2) for t in np.linspace(0, 1, 91)]
    points = np.array([R @ still.crystal.A * (1 - 0.002 * t) for R, t in zip(turns, np.linspace(0, 1, 91))])
    truth = still.replace(crystal=replace(still.crystal, A_at_scan_points=points))
    table = make_spots(Experiments.of([truth]), 3.5)
    options = FitOptions(outliers="none", detector_fixed=("all",), beam_fixed=("all",))
    static = fit_geometry(Experiments.of([still]), table, options)
    varying = fit_geometry(static.experiments, table, replace(options, scan_varying=True, interval=20.0))
    assert static.rmsd.max() > 0.05
    assert varying.rmsd.max() < 0.03
    found = varying.experiments[0].crystal
    assert found.A_at_scan_points.shape == (91, 3, 3)
    np.testing.assert_allclose(found.A_at_scan_points, points, atol=2e-5)
    reach = varying.reflections["xyzcal.px"] - table["xyzobs.px.value"]
    assert np.sqrt((reach[varying.reflections.has(Flag.USED_IN_REFINEMENT)] ** 2).mean()) < 0.03


def test_fixed_models_do_not_move(tilted, make_spots, make_misset):
    truth = tilted(scan=WIDE)
    wrong = truth.replace(crystal=make_misset(truth.crystal, 0.1, 0.002))
    options = FitOptions(beam_fixed=("all",), detector_fixed=("all",), crystal_fixed=("cell",))
    fit = fit_geometry(Experiments.of([wrong]), make_spots(Experiments.of([truth]), 4.0), options)
    assert fit.experiments[0].detector is wrong.detector
    assert fit.experiments[0].beam is wrong.beam
    np.testing.assert_allclose(fit.experiments[0].crystal.cell, wrong.crystal.cell, rtol=1e-12)
    assert angle_between(fit.experiments[0].crystal, truth.crystal) < 0.05


def test_too_few_reflections_are_refused(tilted, make_spots):
    truth = Experiments.of([tilted()])
    with pytest.raises(InputError, match="found 2 usable indexed reflections"):
        fit_geometry(truth, make_spots(truth, 4.0).select(slice(20, 22)))


def slipped_mounts(tilted, make_misset):
    """(truth, start): one lattice in three narrow scans, a crystal each, turned against the first's."""
    first = tilted(scan=Scan((1, 15), (0.0, 0.5)))
    truth, start = [], []
    for i, slip in enumerate((0.0, 0.8, -1.2)):
        crystal = make_misset(first.crystal, slip, 0.0)
        e = first.replace(scan=Scan((1, 15), (40.0 * i, 0.5)), crystal=crystal)
        truth.append(e)
        start.append(e.replace(crystal=make_misset(crystal, 0.05, 0.001 * i)))
    return Experiments.of(truth), Experiments.of(start)


def test_crystals_of_one_lattice_have_one_cell_and_an_orientation_each(tilted, make_spots, make_misset):
    truth, start = slipped_mounts(tilted, make_misset)
    table = make_spots(truth, 4.0, noise=0.1)
    free = fit_geometry(start, table, FitOptions(one_cell=False))
    tied = fit_geometry(start, table)
    cells = np.array([e.crystal.cell for e in tied.experiments])
    np.testing.assert_allclose(cells, cells[:1].repeat(3, 0), rtol=1e-12)
    assert len({key_of(e.crystal) for e in tied.experiments}) == 3
    assert len(free.values) - len(tied.values) == 2 * 4  # monoclinic
    assert tied.experiments[0].crystal.cell_parameter_sd[0] < free.experiments[0].crystal.cell_parameter_sd[0]
    for ours, true in zip(tied.experiments, truth):
        assert np.abs(pull(ours.crystal, true.crystal)).max() < 4
        assert angle_between(ours.crystal, true.crystal) < 0.1


def test_crystals_in_one_scan_are_two_lattices(tilted, make_misset):
    e = tilted(scan=WIDE)
    two = Experiments.of([e, e.replace(crystal=make_misset(e.crystal, 1.0, 0.0))])
    assert [members for _, members in lattice_groups(two)] == [[0], [1]]
    apart = Experiments.of([two[0], two[1].replace(scan=Scan((1, 90), (90.0, 1.0)))])
    assert [members for _, members in lattice_groups(apart)] == [[0, 1]]


def test_lattices_are_those_that_every_comparison_finds(tilted, make_misset):
    """Turned and strained about what is still alike, in scans that some share."""
    e, rng = tilted(scan=WIDE), np.random.default_rng(5)
    scans = [replace(WIDE) for _ in range(20)]
    kinds = zip(rng.choice([0.1, 3.0, 4.9, 5.1, 9.0, 40.0], 60), rng.choice([0.0, 0.01, 0.019, 0.03], 60))
    crystals = [make_misset(e.crystal, turn, swell) for turn, swell in kinds]
    many = Experiments.of(e.replace(crystal=c, scan=scans[rng.integers(20)]) for c in crystals)
    groups: list[list[int]] = []
    for i, one in enumerate(many):
        for held in groups:
            apart = one.scan.key not in {many[j].scan.key for j in held}
            if apart and is_alike(many[held[0]].crystal, one.crystal):
                held.append(i)
                break
        else:
            groups.append([i])
    assert 3 < len(groups) < 60
    assert [members for _, members in lattice_groups(many)] == groups


@pytest.mark.parametrize(("turn", "swell", "same"), [(3.0, 0.005, True), (8.0, 0.0, False), (1.0, 0.04, False)])
def test_alike_is_a_small_turn_and_strain(tilted, make_misset, turn, swell, same):
    crystal = tilted().crystal
    assert is_alike(crystal, make_misset(crystal, turn, swell)) is same


def test_weak_spots_outside_the_bulk_are_left_out(tilted, make_spots, make_misset):
    """One spot in four errs ten times as much, honestly: it would set the r.m.s. and tells little."""
    truth = tilted(scan=WIDE)
    table = make_spots(Experiments.of([truth]), 4.0, noise=0.05)
    weak = np.arange(len(table)) % 4 == 0
    px, variance = table["xyzobs.px.value"].copy(), table["xyzobs.px.variance"].copy()
    px[weak, :2] += np.random.default_rng(4).normal(scale=0.5, size=(weak.sum(), 2))
    variance[weak, :2] = 0.5**2
    table = table.with_columns({"xyzobs.px.value": px, "xyzobs.px.variance": variance})
    fit = fit_geometry(Experiments.of([astray(truth, make_misset(truth.crystal, 0.05, 0.001))]), table)
    used = fit.reflections.has(Flag.USED_IN_REFINEMENT)
    assert used[~weak].mean() > 0.9
    assert used[weak].mean() < 0.2
    assert fit.reflections.has(Flag.CENTROID_OUTLIER).mean() < 0.06  # they err no more than their like
    assert fit.rmsd[0, :2].max() < 0.07
    assert np.abs(pull(fit.experiments[0].crystal, truth.crystal)).max() < 4


def test_cut_spots_that_err_to_one_side_move_nothing(tilted, make_spots, make_misset):
    truth = tilted(scan=WIDE)
    table = make_spots(Experiments.of([truth]), 4.0, noise=0.05)
    px = table["xyzobs.px.value"].copy()
    bbox = np.repeat(np.floor(px), 2, axis=1).astype(np.int32) + np.array([-2, 3, -2, 3, -1, 2], np.int32)
    cut = ~is_whole(truth, table["panel"].astype(np.intp), bbox)
    assert 10 < cut.sum() < len(table) - LEAST_WHOLE
    px[cut, 1] += 0.1
    table = table.with_columns({"xyzobs.px.value": px, "bbox": bbox})
    fit = fit_geometry(Experiments.of([astray(truth, make_misset(truth.crystal, 0.05, 0.001))]), table)
    assert not fit.reflections.has(Flag.USED_IN_REFINEMENT | Flag.CENTROID_OUTLIER)[cut].any()
    assert np.abs(pull(fit.experiments[0].crystal, truth.crystal)).max() < 4


def test_few_spots_are_used_even_if_cut(tilted, make_spots):
    truth = Experiments.of([tilted(scan=Scan((1, 3), (0.0, 0.5)))])
    table = make_spots(truth, 4.0, noise=0.05)
    px = table["xyzobs.px.value"]
    bbox = np.repeat(np.floor(px), 2, axis=1).astype(np.int32) + np.array([-2, 3, -2, 3, -1, 2], np.int32)
    fit = fit_geometry(truth, table.with_columns({"bbox": bbox}))
    assert fit.n_used[0] > 0.7 * len(table)


def test_scatter_is_measured_for_each_kind_and_strength():
    rng = np.random.default_rng(5)
    kind = np.repeat([ONE_IMAGE, MORE_IMAGES], 20000)
    variance = np.tile(10 ** rng.uniform(-4, -1, (40000, 1)), 3)
    true = np.where(variance > np.median(variance), 2, 1) * (variance + np.where(kind == ONE_IMAGE, 0.05, 0)[:, None])
    residuals = rng.normal(size=(40000, 3)) * np.sqrt(true)
    residuals[::50] += 3
    deviates = residuals / scatter(residuals, variance, kind)
    for number in (ONE_IMAGE, MORE_IMAGES):
        spread = 1.4826 * np.median(np.abs(deviates[kind == number]), axis=0)
        np.testing.assert_allclose(spread, 1, atol=0.1)
    out = distances(deviates, np.zeros(40000), np.arange(40000.0), 0.975) > chi_squared_quantile(0.975, 3)
    assert out[::50].mean() > 0.99
    assert np.delete(out, np.s_[::50]).mean() < 0.05
