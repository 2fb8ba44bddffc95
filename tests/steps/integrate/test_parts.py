"""The parts of integration by themselves: frames, boxes, profiles, widths, corrections."""

import itertools

import numpy as np
import pytest

from gnomon.maths.prediction import predict_scan
from gnomon.models.beam import Beam
from gnomon.models.detector import PARALLAX, Detector, Panel
from gnomon.models.experiment import Experiment
from gnomon.models.goniometer import Goniometer
from gnomon.steps.integrate.boxes import Boxes, place_boxes
from gnomon.steps.integrate.corrections import lorentz_polarisation, quantum_efficiency
from gnomon.steps.integrate.kabsch import depth_spread, drift_along_e1, kabsch_frame
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.reference import HALF, ProfileSums, ReferenceProfile
from gnomon.steps.integrate.sample import runs_of_frames
from gnomon.steps.integrate.sweep import plan_blocks
from gnomon.steps.integrate.table import on_ice_ring
from gnomon.steps.integrate.widths import SpotWidths


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


def test_predicted_pixels_are_the_origin_of_their_local_frames(simulated):
    _, experiments, _ = simulated
    table = predict_scan(experiments[0], 0, 3.0)
    boxes = place_boxes(experiments[0], table, SpotWidths.kabsch(0.05, 0.15), IntegrateParams())
    centre = np.column_stack([table["xyzcal.px"][:, :2], np.ones(len(table))])
    u, v, w = np.einsum("nij,nj->in", boxes.local, centre)
    assert np.abs(u / w).max() < 1e-6
    assert np.abs(v / w).max() < 1e-6
    x0, x1, y0, y1, z0, z1 = boxes.bbox.T
    x, y, z = table["xyzcal.px"].T
    assert ((x0 <= x) & (x < x1) & (y0 <= y) & (y < y1) & (z0 <= z) & (z <= z1)).all()
    edge = np.minimum(np.minimum(x, 487 - x), np.minimum(y, 407 - y))
    assert boxes.cut[edge < 1].all()
    assert not boxes.cut[edge > 25].any()


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


def test_blocks_cover_the_scan_within_memory(simulated):
    _, experiments, _ = simulated
    table = predict_scan(experiments[0], 0, 3.0)
    boxes = place_boxes(experiments[0], table, SpotWidths.kabsch(0.05, 0.15), IntegrateParams())
    for megabytes in (600.0, 20.0, 1.0):
        plan = plan_blocks(experiments[0], boxes, megabytes)
        assert plan.blocks[0][0] == 0
        assert plan.blocks[-1][1] == 24
        assert all(a[1] == b[0] for a, b in zip(plan.blocks, plan.blocks[1:]))
        assert plan.size <= max(8, megabytes * 1e6 / (8 * 487 * 407)) + 2
        assert all(b - a + 2 * plan.margin <= plan.size or plan.size == 24 for a, b in plan.blocks)


def test_profiles_without_spots_are_their_parents_and_with_many_those_of_the_spots():
    start = ReferenceProfile.gaussian()
    assert np.array_equal(start.informed(ProfileSums.empty(), 0.3).ratio, start.ratio)
    shape = (2 * HALF + 1, 2 * HALF + 1)
    many = ProfileSums(
        np.stack([np.full(shape, 700.0), np.full(shape, 1000.0), *np.full((2, *shape), 0.1)]), start_bend()
    )
    assert start.informed(many, 0.3).ratio == pytest.approx(0.7, abs=0.01)
    assert start.informed(many, 0.3).bend == pytest.approx(0.02, abs=1e-3)
    few = many.faded(1e-3)
    few.grid[2:] = 1.0
    assert 0.7 < start.informed(few, 0.3).ratio[0, 0] < 0.99


def start_bend():
    return np.stack([np.full(41, 20.0), np.full(41, 1000.0)])


def test_runs_of_frames_stay_within_the_budget_and_follow_few_spots():
    many = np.random.default_rng(3).uniform(0, 1000, 5000)
    runs = runs_of_frames(1000, 8, many)
    assert sum(b - a for a, b in runs) <= 48
    assert runs[0][0] < 200
    assert runs[-1][1] > 800
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(runs))
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


def test_ice_rings_are_narrow():
    assert on_ice_ring(np.array([3.67, 3.55, 2.25, 10.0])).tolist() == [True, False, True, False]


def test_boxes_select_and_concatenate(simulated):
    _, experiments, _ = simulated
    table = predict_scan(experiments[0], 0, 4.0)
    boxes = place_boxes(experiments[0], table, SpotWidths.kabsch(0.05, 0.15), IntegrateParams())
    order = np.r_[5:10, 0:5]
    again = Boxes.concatenate([boxes.select(order[:5]), boxes.select(order[5:])])
    assert np.array_equal(again.bbox, boxes.bbox[order])
    assert len(again) == 10
