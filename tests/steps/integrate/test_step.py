"""Integration against the truth of a simulated data set, and what it does at its edges."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.io.expt import read_experiments
from gnomon.io.images.shaded import shadow_of
from gnomon.kernels.shoebox import chord, slab_count, slab_edges, slab_ellipse
from gnomon.models.flags import Flag
from gnomon.report.integrate import describe
from gnomon.simulate.dataset import simulate_dataset
from gnomon.step import Context
from gnomon.steps.integrate.boxes import place_boxes
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.step import integrate
from gnomon.steps.integrate.widths import SpotWidths

from .conftest import SMALL, matched, strong_of

PARAMS = IntegrateParams(d_min=SMALL.d_min)


@pytest.fixture(scope="module")
def result(simulated):
    _, experiments, strong = simulated
    return integrate(experiments, strong, PARAMS)


@pytest.fixture(scope="module")
def compared(result, simulated):
    """The table, its rows in the truth, and what the images hold of each: whole counts within the scan."""
    truth = simulated[0].reflections
    rows, at = matched(result.reflections, simulated[0])
    return result.reflections.select(rows), truth, at, truth.counts[at] + truth.lost[at]


def deviations(compared, kind, flag, where=True):
    table, _, _, whole = compared
    use = table.has(flag) & where
    value, variance = table[f"intensity.{kind}.value"][use], table[f"intensity.{kind}.variance"][use]
    if kind == "prf":  # of the whole reflection
        part = table["partiality"][use]
        value, variance = value * part, variance * part**2
    return (value - whole[use]) / np.sqrt(variance), value.sum() / whole[use].sum()


def test_nearly_all_that_the_images_hold_is_integrated(result, simulated):
    truth = simulated[0].reflections
    integrated = result.reflections.select(result.reflections.has(Flag.INTEGRATED_PRF))
    assert len(matched(integrated, simulated[0])[0]) > 0.93 * (truth.partiality > 0.5).sum()


@pytest.mark.parametrize(("kind", "flag"), [("sum", Flag.INTEGRATED_SUM), ("prf", Flag.INTEGRATED_PRF)])
@pytest.mark.parametrize(("low", "high"), [(0, 9), (9, 25), (25, 60), (60, 1e9)])
def test_sigmas_are_calibrated_for_weak_and_strong(compared, kind, flag, low, high):
    _table, truth, at, whole = compared
    strength = whole / truth.sigma[at]
    clean = (truth.lost[at] < 1e-3 * whole) & (truth.partiality[at] > 0.99)
    z, ratio = deviations(compared, kind, flag, clean & (strength >= low) & (strength < high))
    assert len(z) > 60
    assert abs(z.mean()) < 0.3
    assert 0.85 < z.std() < 1.2
    assert ratio == pytest.approx(1.0, abs=0.03 if high < 10 else 0.01)


def test_fits_beat_sums_on_weak_spots(compared):
    table, truth, at, whole = compared
    both = (
        table.has(Flag.INTEGRATED_SUM)
        & table.has(Flag.INTEGRATED_PRF)
        & (whole < 8 * truth.sigma[at])
        & (table["partiality"] > 0.98)
    )
    error = {k: np.std(table[f"intensity.{k}.value"][both] - whole[both]) for k in ("sum", "prf")}
    assert error["prf"] < 0.97 * error["sum"]


def test_parts_at_the_ends_of_the_scan_are_right(compared):
    table, truth, at, whole = compared
    part = (truth.partiality[at] > 0.2) & (truth.partiality[at] < 0.97) & (whole > 10 * truth.sigma[at])
    part &= (truth.lost[at] < 1e-3 * whole) & (np.abs(table["zeta"]) > 0.2)
    assert part.sum() > 20
    error = table["partiality"][part] - truth.partiality[at][part]
    assert abs(error.mean()) < 0.01
    assert error.std() < 0.03
    for kind, flag in (("sum", Flag.INTEGRATED_SUM), ("prf", Flag.INTEGRATED_PRF)):
        z, ratio = deviations(compared, kind, flag, part)
        assert ratio == pytest.approx(1.0, abs=0.02)
        assert z.std() < 1.3


def test_spots_across_gaps_are_fitted_without_bias_and_not_summed(compared):
    table, truth, at, whole = compared
    cut = (truth.lost[at] > 0.05 * whole) & (truth.lost[at] < 0.45 * whole) & (whole > 10 * truth.sigma[at])
    assert cut.sum() > 15
    assert not (cut & table.has(Flag.INTEGRATED_SUM)).any()
    assert (cut & table.has(Flag.FOREGROUND_INCLUDES_BAD_PIXELS)).sum() == cut.sum()
    _, ratio = deviations(compared, "prf", Flag.INTEGRATED_PRF, cut)
    assert ratio == pytest.approx(1.0, abs=0.04)


def test_the_background_is_that_of_the_truth_at_low_and_high_resolution(compared):
    table, truth, at, _ = compared
    edges = np.quantile(table["d"], [0, 0.3, 0.7, 1])
    for low, high in itertools.pairwise(edges):
        shell = (table["d"] >= low) & (table["d"] < high) & (table["num_pixels.background_used"] > 0)
        assert table["background.mean"][shell].mean() == pytest.approx(truth.background[at][shell].mean(), rel=0.02)


def test_no_centroid_lies_outside_the_images(result):
    first, last = result.experiments[0].scan.array_range
    z = result.reflections["xyzobs.px.value"][:, 2]
    assert z.min() >= first + 0.5
    assert z.max() <= last - 0.5
    outside = (result.reflections["xyzcal.px"][:, 2] < first) | (result.reflections["xyzcal.px"][:, 2] > last)
    assert outside.any()


def test_widths_are_those_of_the_crystal(result):
    profile = result.experiments[0].profile
    assert profile.sigma_m == pytest.approx(SMALL.mosaicity, rel=0.06)
    assert result.summary.experiments[0].causes["tangential"] == pytest.approx(SMALL.mosaicity, rel=0.1)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("memory", [0.5, 5, 6000])
def test_any_memory_and_any_number_of_workers_give_the_same(result, simulated, count, memory):
    """1 to 20 frames in memory at a time: not a bit of any column changes."""
    _, experiments, strong = simulated
    other = integrate(experiments, strong, PARAMS, context=Context(Workers(count, memory)))
    assert set(other.reflections) == set(result.reflections)
    for name in result.reflections:
        assert np.array_equal(result.reflections[name], other.reflections[name], equal_nan=True), name
    assert other.summary == result.summary


def foreground_pixels(boxes, i, size):
    """Pixels of all frames that the foreground of reflection i covers on a panel of ``size``."""
    n = 0
    for s in range(slab_count(boxes, i)):
        ellipse, (first, end) = slab_ellipse(boxes, i, s), slab_edges(boxes, i, s)
        for y in range(max(boxes.bbox[i, 2], 0), min(boxes.bbox[i, 3], size[1])):
            left, right = chord(ellipse, y, boxes.radius[i] ** 2)
            n += max(min(right, size[0]) - max(left, 0), 0) * (end - first)
    return n


def test_boxes_far_deeper_than_the_frames_in_memory_are_measured_once_each(tmp_path):
    fine = SMALL.changed(
        images=45, width=0.1, mosaicity=1.0, d_min=4.5, mean_intensity=2000.0, image_size=(243, 195), distance=80.0,
        dead_pixels=0,
    )  # fmt: skip
    truth = simulate_dataset(fine, tmp_path)
    experiments = read_experiments(tmp_path / "truth.expt")
    params = IntegrateParams(d_min=4.5, sigma_b=0.08, sigma_m=1.0, min_zeta=0.3)
    result = integrate(experiments, strong_of(truth, experiments), params, context=Context(Workers(1, 0.1)))
    table = result.reflections
    depth, beside = np.diff(table["bbox"][:, 4:])[:, 0], np.abs(table["zeta"]) < 0.3
    assert len(table) > 150
    assert np.median(depth) > 30  # one frame is in memory
    assert beside.any()
    assert np.array_equal(table.has(Flag.DONT_INTEGRATE), beside)
    done = table.has(Flag.INTEGRATED_SUM) | table.has(Flag.INTEGRATED_PRF)
    x, y, z = table["xyzcal.px"].T
    whole = (np.minimum(np.minimum(x, 243 - x), np.minimum(y, 195 - y)) > 15) & (z > 0) & (z < 45)
    assert (done == ~beside)[whole].all()
    assert (whole & done).sum() > 80
    assert (table["num_pixels.foreground"][beside] == 0).all()
    boxes = place_boxes(experiments[0], table, SpotWidths.kabsch(0.08, 1.0), params).boxes
    for i in np.flatnonzero(~beside)[::5]:
        assert table["num_pixels.foreground"][i] == foreground_pixels(boxes, i, (243, 195))


def test_a_sweep_with_one_strong_spot_integrates(simulated):
    _, experiments, strong = simulated
    one = strong.select([len(strong) // 2])
    lonely = integrate(experiments, one, PARAMS)
    assert lonely.reflections.has(Flag.INTEGRATED_PRF).sum() > 300


def test_a_sweep_without_spots_borrows_from_another(simulated):
    _, experiments, strong = simulated
    first = experiments[0]
    scan = first.scan
    half = first.replace(scan=replace(scan, image_range=(13, 24), oscillation=(6.0, 0.5)), identifier="second")
    both = experiments.with_items([first, half])
    result = integrate(both, strong, PARAMS)
    a, b = result.summary.experiments
    assert b.spots == 0
    assert b.fitted > 300
    assert b.sigma_m == pytest.approx(a.sigma_m)


def test_two_lattices_on_the_same_images_share_one_pass_and_contest_pixels(simulated):
    _, experiments, strong = simulated
    twin = experiments.with_items([experiments[0], experiments[0].replace(identifier="twin")])
    frames = []
    table = integrate(twin, strong, PARAMS, context=Context(progress=lambda *step: frames.append(step))).reflections
    assert frames[-1] == ("integrating images", 24, 24)
    assert table.has(Flag.OVERLAPPED_FG).mean() > 0.9


def test_given_widths_are_kept(simulated):
    _, experiments, strong = simulated
    profile = integrate(experiments, strong, PARAMS.changed(sigma_b=0.06, sigma_m=0.2)).experiments[0].profile
    assert (profile.sigma_b, profile.sigma_m) == (0.06, 0.2)


def test_without_fitting_there_are_only_sums(simulated):
    _, experiments, strong = simulated
    table = integrate(experiments, strong, PARAMS.changed(profile_fitting=False, background="linear")).reflections
    assert table.has(Flag.INTEGRATED_SUM).sum() > 500
    assert not table.has(Flag.INTEGRATED_PRF).any()


def test_what_is_missing_is_told(simulated):
    _, experiments, strong = simulated
    with pytest.raises(InputError, match=r"xyzcal.px; run refine first"):
        integrate(experiments, strong.without_columns("xyzcal.px"), PARAMS)
    with pytest.raises(InputError, match="no strong indexed spot"):
        integrate(experiments, strong.select(slice(0)), PARAMS)
    with pytest.raises(InputError, match="number 0 has none; run index"):
        integrate(experiments.map(lambda e: e.replace(crystal=None)), strong, PARAMS)
    still = experiments.map(lambda e: e.replace(scan=replace(e.scan, oscillation=(0.0, 0.0))))
    with pytest.raises(InputError, match="experiment 0 is a still"):
        integrate(still, strong, PARAMS)


def test_the_report_tells_widths_counts_and_shells(result):
    text = describe(result.summary)
    assert "sigma_m" in text
    assert "profile-fitted" in text
    assert "Experiment 0 by resolution" in text
    assert f"{result.experiments[0].profile.sigma_b:.4f}" in text


def test_what_few_spots_borrow_is_told(simulated):
    _, experiments, strong = simulated
    result = integrate(experiments, strong.select(np.arange(len(strong)) < 1), IntegrateParams())
    assert result.summary.sentences[0].startswith("sweep 0: profile near normal, because of only")
    assert result.summary.sentences[0] in describe(result.summary)


def test_what_the_goniometer_hides_is_not_integrated(result, simulated):
    _, experiments, strong = simulated
    z = -experiments[0].detector.frames[0, 2, 2]
    bar = {"part": [{"axis": "scan", "points": [[x, y, -z] for x in (-60, -5) for y in (-12, 15)]}]}
    images = replace(experiments[0].images, params={"shadow": bar})
    given = experiments.map(lambda e: e.replace(images=images))
    shadow, scan = shadow_of(given[0]), given[0].scan
    table, plain = integrate(given, strong, PARAMS).reflections, result.reflections
    x, y, frame = np.floor(table["xyzcal.px"]).astype(int).T
    inside = (x >= 0) & (x < 487) & (y >= 0) & (y < 407) & (frame >= 0) & (frame < scan.n_images)
    hidden = np.zeros(len(table), bool)
    reached = np.zeros(len(table), bool)
    for j in range(scan.n_images):
        (mask,) = shadow.on(*scan.phi_at([j, j + 1]).tolist())
        here = inside & (frame == j)
        hidden[here] = mask[y[here], x[here]]
        for i in np.flatnonzero((table["bbox"][:, 4] <= j) & (table["bbox"][:, 5] > j)):
            x0, x1, y0, y1 = table["bbox"][i, :4]
            reached[i] |= mask[y0:y1, x0:x1].any()
    assert hidden.sum() > 100
    assert (reached & ~hidden).sum() > 50
    assert not table.has(Flag.INTEGRATED_SUM)[hidden].any()
    assert table.has(Flag.INTEGRATED_PRF)[hidden].mean() < 0.2  # at the edge: half of the spot or more is seen
    flagged = table.has(Flag.FOREGROUND_INCLUDES_BAD_PIXELS) | table.has(Flag.BACKGROUND_INCLUDES_BAD_PIXELS)
    assert (flagged | table.has(Flag.DONT_INTEGRATE) | table.has(Flag.FAILED_DURING_BACKGROUND_MODELLING))[hidden].all()
    clear = ~reached & table.has(Flag.INTEGRATED_SUM)
    assert clear.sum() > 500
    keys = [[(*h, e) for h, e in zip(t["miller_index"].tolist(), t["entering"].tolist())] for t in (table, plain)]
    at = {key: i for i, key in enumerate(keys[1])}
    rows = [(i, at[keys[0][i]]) for i in np.flatnonzero(clear) if keys[0][i] in at]
    ours, theirs = (t["intensity.sum.value"][list(r)] for t, r in zip((table, plain), zip(*rows)))
    sigma = np.sqrt(plain["intensity.sum.variance"][[r for _, r in rows]])
    assert np.percentile(np.abs(ours - theirs) / sigma, 99) < 1  # other spots made the widths
