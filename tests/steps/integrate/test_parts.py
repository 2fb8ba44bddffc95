"""The parts of integration by themselves: frames, boxes, profiles, widths, corrections."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.kernels.shoebox import chord, middle_column, middle_row, slab_count, slab_ellipse
from gnomon.maths.geometry.prediction import predict_scan
from gnomon.models.beam import Beam
from gnomon.models.detector import PARALLAX, Detector, Panel
from gnomon.models.experiment import Experiment
from gnomon.models.flags import Flag
from gnomon.models.goniometer import Goniometer
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.steps.integrate.boxes import Placed, place_boxes
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.profiles import BLOCK_DEGREES, HALF, HALF_LIFE, Blocks, ProfileSums, ReferenceProfile
from gnomon.steps.integrate.sample import runs_of_frames
from gnomon.steps.integrate.table import lorentz_polarisation, quantum_efficiency, with_flags_of_spots
from gnomon.steps.integrate.widths import SpotWidths, depth_spread, drift_along_e1, kabsch_frame


def head_on(mu=4.0, thickness=0.32):
    panel = Panel(
        np.array([1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([-50.0, 50.0, -100.0]), (500, 500), (0.2, 0.2),
        thickness=thickness, mu=mu, px_mm_strategy=PARALLAX,
    )  # fmt: skip
    return Experiment(Beam(polarization_fraction=0.9), Detector((panel,)), Goniometer())


def test_the_local_frame_is_orthonormal_and_zeta_is_along_its_first_axis():
    rays = np.random.default_rng(0).normal(size=(50, 3)) * [1, 1, 0.2] + [0, 0, -1]
    frame, zeta = kabsch_frame(np.array([0, 0, -1.0]), rays, np.array([1.0, 0, 0]))
    assert frame @ frame.transpose(0, 2, 1) == pytest.approx(np.broadcast_to(np.eye(3), (50, 3, 3)), abs=1e-12)
    assert zeta == pytest.approx(frame[:, 0, 0])
    # head on, along the direction perpendicular to the spindle, a reflection crosses at full speed
    assert abs(kabsch_frame(np.array([0, 0, -1.0]), np.array([[0, 0.3, -1]]), np.array([1.0, 0, 0]))[1][0]) == 1


def test_boxes_hold_the_prediction_and_are_cut_by_the_panel_and_the_scan(simulated):
    _, experiments, _ = simulated
    table = predict_scan(experiments[0], 0)
    boxes = place_boxes(experiments[0], table, SpotWidths.kabsch(0.05, 0.15), IntegrateParams()).boxes
    x0, x1, y0, y1, z0, z1 = boxes.bbox.T
    x, y, z = table["xyzcal.px"].T
    assert np.array_equal(boxes.xyz, table["xyzcal.px"])
    assert ((x0 <= x) & (x < x1) & (y0 <= y) & (y < y1) & (z0 <= z) & (z <= z1)).all()
    assert x0.min() == y0.min() == z0.min() == 0
    assert (x1.max(), y1.max(), z1.max()) == (487, 407, 24)
    free = np.minimum(np.minimum(x, 487 - x), np.minimum(y, 407 - y)) > 40
    assert ((x1 - x0)[free] >= 2 * boxes.half[free, 0] + 1).all()
    assert ((y1 - y0)[free] >= 2 * boxes.half[free, 1] + 1).all()
    assert (boxes.core <= boxes.half).all()


def test_slopes_are_those_of_kabschs_angles_and_tilt_that_of_the_distance(simulated):
    """Rays through pixels near the prediction, in sigma_b along e1 and e2: by their directions, not by derivatives."""
    experiment = simulated[1][0]
    table = predict_scan(experiment, 0, 3.0)
    boxes = place_boxes(experiment, table, SpotWidths.kabsch(0.05, 0.15), IntegrateParams()).boxes
    frame, _ = kabsch_frame(experiment.beam.s0, table["s1"], experiment.goniometer.lab_axis)
    panel = table["panel"].astype(int)

    def ray(off):
        mm = table["xyzcal.mm"][:, :2] + np.array(off) * experiment.detector.pixel_sizes[panel]
        return experiment.detector.lab_coordinates(panel, mm)

    middle = ray([0.0, 0.0])
    for off in ([2.0, -1.0], [-3.0, 0.5], [0.0, 4.0]):
        moved = np.einsum("nij,nj->ni", frame, ray(off)) - np.einsum("nij,nj->ni", frame, middle)
        far = np.einsum("nij,nj->ni", frame, ray(off))[:, 2]
        grown = far / np.einsum("nij,nj->ni", frame, middle)[:, 2]
        c = moved[:, :2] / far[:, None] / np.deg2rad(0.05)
        assert boxes.slope @ off / grown[:, None] == pytest.approx(c, abs=1e-3)
        assert 1 + boxes.tilt @ off == pytest.approx(grown, abs=1e-6)


def oblique(tilt, distance, width):
    """An experiment whose panel is turned about the slow axis, and one that is turned about the fast one."""
    for axis in (0, 1):
        fast, slow = np.array([1.0, 0, 0]), np.array([0, -1.0, 0])
        turned = np.cos(tilt) * (fast, slow)[axis] + np.sin(tilt) * np.array([0, 0, 1.0])
        fast, slow = (turned, slow) if axis == 0 else (fast, turned)
        normal = np.cross(fast, slow)
        origin = distance * np.sign(normal @ [0, 0, -1]) * normal - 75 * fast - 75 * slow
        panel = Panel(fast, slow, origin, (1000, 1000), (0.15, 0.15))
        yield Experiment(Beam(wavelength=1.0), Detector((panel,)), Goniometer(), Scan((1, 400), (0.0, width)))


def anywhere_on(experiment, n, seed):
    """n reflections that hit random points of the panel."""
    rng = np.random.default_rng(seed)
    px, panel, z = rng.uniform(0, 1000, (n, 2)), np.zeros(n, int), rng.uniform(0, 400, n)
    mm = experiment.detector.pixel_to_mm(panel, px)
    lab = experiment.detector.lab_coordinates(panel, mm)
    phi = np.deg2rad(experiment.scan.phi_at(z))
    return Reflections(
        {
            "panel": panel,
            "s1": lab / np.linalg.norm(lab, axis=1, keepdims=True),
            "xyzcal.px": np.column_stack([px, z]),
            "xyzcal.mm": np.column_stack([mm, phi]),
        }
    )


def beyond(boxes, i, s, radius, half):
    """Pixels within ``radius`` of reflection i in slab s that its window of ``half`` (2,) does not hold."""
    ellipse, missed = slab_ellipse(boxes, i, s), 0
    middle, far = middle_row(ellipse), int(radius / np.sqrt(ellipse.rows)) + 2
    for y in range(middle - far, middle + far + 1):
        first, end = chord(ellipse, y, radius**2)
        left = middle_column(ellipse, y) - half[0]
        inside = max(min(end, left + 2 * half[0] + 1) - max(first, left), 0) if abs(y - middle) <= half[1] else 0
        missed += end - first - inside
    return missed


@given(
    tilt=st.floats(0, 1.1), distance=st.floats(60, 200), sigma_b=st.floats(0.03, 0.25), sigma_m=st.floats(0.05, 1.5),
    width=st.floats(0.05, 1.0), seed=st.integers(0, 1000),
)  # fmt: skip
@settings(max_examples=15, deadline=None)
def test_windows_hold_foreground_and_guard_ring_of_every_slab(tilt, distance, sigma_b, sigma_m, width, seed):
    """However oblique the detector, however far a spot beside the spindle drifts."""
    for experiment in oblique(tilt, distance, width):
        table = anywhere_on(experiment, 200, seed)
        placed = place_boxes(experiment, table, SpotWidths.kabsch(sigma_b, sigma_m), IntegrateParams())
        boxes = placed.boxes
        farthest = np.argsort(-np.abs(boxes.shear))[:3]
        for i in np.concatenate([farthest, np.argsort(np.abs(boxes.shear))[:1]]):
            for s in range(slab_count(boxes, i)):
                assert beyond(boxes, i, s, boxes.radius[i], boxes.core[i]) == 0
                assert beyond(boxes, i, s, boxes.guard[i], boxes.half[i]) == 0


def test_a_rotating_spot_drifts_along_e1_only_where_it_is_near_the_spindle():
    experiment = head_on().replace(scan=type("S", (), {"oscillation": (0.0, 0.1)}))
    s1 = np.array([[0, 0.4, -1.0], [0.4, 0.0, -1.0]])
    s1 /= np.linalg.norm(s1, axis=1, keepdims=True)
    frame, _ = kabsch_frame(experiment.beam.s0, s1, np.array([1.0, 0, 0]))
    drift = drift_along_e1(experiment, s1, frame)
    q = s1 - experiment.beam.s0
    assert drift[0] == pytest.approx(0, abs=1e-12)  # all of the motion goes through the sphere
    assert abs(drift[1]) == pytest.approx(np.linalg.norm(np.cross([1.0, 0, 0], q[1])))  # all of it goes along


def test_depth_in_the_sensor_is_that_of_a_cut_exponential():
    experiment = head_on()
    rng = np.random.default_rng(1)
    ray = np.array([[0.6, 0.0, -0.8]])
    path = rng.exponential(1 / 4.0, 2_000_000)
    path = path[path < 0.32 / 0.8]
    assert depth_spread(experiment, np.array([0]), ray)[0] == pytest.approx([path.std() * 0.6 / 0.2, 0], rel=0.01)
    assert depth_spread(head_on(mu=0.0), np.array([0]), ray)[0].tolist() == [0, 0]


@pytest.mark.parametrize(("images", "width"), [(1, 0.1), (24, 0.5), (37, 1.0), (900, 0.1), (3600, 0.1), (7, 30.0)])
def test_blocks_of_rotation_part_the_scan_evenly_whatever_the_memory(images, width):
    z = np.linspace(-1.5, images + 1.5, 5000)
    blocks = Blocks.along(Scan((1, images), (0.0, width)), z)
    assert (np.diff(blocks.of) >= 0).all()
    assert np.array_equal(np.unique(blocks.of), np.arange(blocks.number))
    assert blocks.number == min(max(1, round(images * width / BLOCK_DEGREES)), images)
    starts = [z[blocks.of == k].min() for k in range(1, blocks.number)]
    frames = np.diff([0, *starts, images])
    assert np.ptp(frames) < 1.1 + (images + 3) / 5000
    assert blocks.decay == pytest.approx(0.5 ** (images * width / blocks.number / HALF_LIFE))


def test_profiles_without_spots_are_their_parents_and_with_many_those_of_the_spots():
    start = ReferenceProfile.gaussian()
    assert np.array_equal(start.posterior(ProfileSums.empty(), 0.3).ratio, start.ratio)
    shape = (2 * HALF + 1, 2 * HALF + 1)
    observed = np.full(shape, 700.0)
    observed[HALF:] = 700.0 + 300.0 * shape[0] / (HALF + 1)  # what the outer nodes lack: profiles are shapes
    many = ProfileSums(np.stack([observed, np.full(shape, 1000.0), *np.full((2, *shape), 0.1)]), start_bend())
    assert start.posterior(many, 0.3).ratio == pytest.approx(observed / 1000, abs=0.01)
    brighter = ProfileSums(many.grid * np.array([3, 1, 1, 1])[:, None, None], many.rocking)
    assert start.posterior(brighter, 0.3).ratio == pytest.approx(observed / 1000, abs=0.01)
    assert start.posterior(many, 0.3).rocking_correction == pytest.approx(0.02, abs=1e-3)
    few = many.weighted(1e-3)
    few.grid[2:] = 1.0
    assert 0.7 < start.posterior(few, 0.3).ratio[0, 0] < 0.99


def start_bend():
    return np.stack([np.full(41, 20.0), np.full(41, 1000.0)])


def test_runs_of_frames_stay_within_the_budget_and_follow_few_spots():
    many = np.random.default_rng(3).uniform(0, 1000, 5000)
    runs = runs_of_frames(1000, 8, many)
    assert sum(b - a for a, b in runs) <= 48
    assert runs[0][0] < 200
    assert runs[-1][1] > 800
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(runs))
    early = np.random.default_rng(4).uniform(0, 40, 5000)  # the crystal left the beam
    runs = runs_of_frames(1000, 8, early)
    assert runs == [(8 * k, 8 * k + 8) for k in range(6)]
    assert runs_of_frames(1000, 8, 999.9 - early) == [(952 + 8 * k, 960 + 8 * k) for k in range(6)]
    few = np.array([701.0, 702.0, 703.5, 12.0])
    held = runs_of_frames(1000, 8, few)
    assert all(any(a <= z < b for a, b in held) for z in few)
    assert runs_of_frames(15, 4, few) == [(0, 15)]


def test_polarised_light_along_and_across_its_plane():
    experiment = head_on()
    sine, cosine = np.sin(0.5), np.cos(0.5)
    across, along = np.array([0, sine, -cosine]), np.array([sine, 0, -cosine])
    lp = lorentz_polarisation(experiment, np.stack([across, along]))
    # the normal of the plane is y: p = 0.9 of the light swings along x
    assert lp[0] == pytest.approx(sine / (0.9 * 1 + 0.1 * cosine**2))
    assert lp[1] == pytest.approx(0.0, abs=1e-12)  # along the spindle nothing ever crosses
    assert quantum_efficiency(experiment, np.array([0]), along[None]) == pytest.approx(1 - np.exp(-4 * 0.32 / cosine))
    assert quantum_efficiency(head_on(mu=0.0), np.array([0]), along[None]) == 1


def test_boxes_select_and_concatenate(simulated):
    _, experiments, _ = simulated
    table = predict_scan(experiments[0], 0, 4.0)
    placed = place_boxes(experiments[0], table, SpotWidths.kabsch(0.05, 0.15), IntegrateParams())
    order = np.r_[5:10, 0:5]
    again = Placed.concatenate([placed.select(order[:5]), placed.select(order[5:])])
    assert len(again) == 10
    assert np.array_equal(again.zeta, placed.zeta[order])
    assert np.array_equal(again.region, placed.region[order])
    for name, column in again.boxes._asdict().items():
        assert np.array_equal(column, getattr(placed.boxes, name)[order]), name
        assert column.dtype == getattr(placed.boxes, name).dtype
        assert column.flags.c_contiguous


def test_reflections_that_were_spots_keep_their_flags():
    """By lattice, index and crossing, of two turns by the nearest angle; outliers and spots without index give none."""
    known = Flag.INDEXED | Flag.STRONG | Flag.USED_IN_REFINEMENT

    def table(rows, flags):
        ids, hkl, entering, turns = zip(*rows)
        mm = np.column_stack([np.zeros((len(rows), 2)), 0.3 + 2 * np.pi * np.array(turns)])
        columns = {"id": ids, "miller_index": hkl, "entering": entering, "xyzcal.mm": mm, "flags": flags}
        return Reflections(columns)

    predicted = [
        (0, (1, -2, 3), True, 0),
        (0, (1, -2, 3), False, 0),
        (1, (1, -2, 3), True, 0),
        (0, (1, -2, 4), True, 0),
        (0, (1, -2, 4), True, 1),
        (0, (0, 0, 5), True, 0),
    ]
    spots = [predicted[0], predicted[4], predicted[2], predicted[5], (-1, (0, 0, 0), True, 0), (0, (9, 9, 9), True, 0)]
    of_spots = [known, Flag.INDEXED | Flag.STRONG, known | Flag.CENTROID_OUTLIER, Flag.STRONG, Flag.STRONG, known]
    found = with_flags_of_spots(table(predicted, [int(Flag.PREDICTED)] * 6), table(spots, list(map(int, of_spots))))
    rest = Flag.PREDICTED
    assert [Flag(int(flag)) for flag in found["flags"]] == [
        rest | known, rest, rest, rest, rest | Flag.INDEXED | Flag.STRONG, rest,
    ]  # fmt: skip
