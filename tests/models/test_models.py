"""Conventions of the models, each against a value worked out by hand or an independent formula."""

import pickle

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.maths.geometry.centroids import map_centroids, rotate_back
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import PARALLAX, Detector, Panel, PanelGroup
from gnomon.models.experiment import Experiment, Experiments, identifier_for
from gnomon.models.flags import Flag
from gnomon.models.goniometer import Goniometer, MultiAxisGoniometer, rotation_about
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.models.unmerged import UnmergedData


def flat_panel(**changes) -> Panel:
    values = {
        "fast_axis": np.array([1.0, 0, 0]), "slow_axis": np.array([0, -1.0, 0]), "origin": np.array([-50.0, 40, -200]),
        "image_size": (600, 500), "pixel_size": (0.172, 0.172), **changes,
    }  # fmt: skip
    return Panel(**values)


def test_s0_points_from_the_source_to_the_sample():
    assert np.allclose(Beam(wavelength=0.5).s0, [0, 0, -2])


def test_phi_at_the_edges_of_images():
    scan = Scan((5, 14), (30.0, 0.5))
    assert scan.phi_at(4) == 30.0  # image 5 covers z in [4, 5)
    assert scan.phi_at(14) == 35.0
    assert scan.z_at(31.0) == 6.0


def test_multi_axis_rotation_composes_from_crystal_to_laboratory():
    axes = np.array([[0.3, -0.4, 0.5], [1, 0, 0], [0, 0.6, 0.8]])
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    angles = np.array([20.0, 99.0, -35.0])
    goniometer = MultiAxisGoniometer(axes, angles, ("phi", "omega", "two"), 1)
    expected = (
        rotation_about(axes[2], np.deg2rad(-35))
        @ rotation_about(axes[1], 0.7)
        @ rotation_about(axes[0], np.deg2rad(20))
    )
    assert np.allclose(goniometer.rotation_at(np.rad2deg(0.7)), expected)


def test_parallax_by_direct_integration_of_absorption():
    mu, thickness = 3.9, 0.45
    detector = Detector((flat_panel(mu=mu, thickness=thickness, px_mm_strategy=PARALLAX),))
    mm = np.array([[100.0, 5.0]])
    ray = detector.lab_coordinates(0, mm)[0]
    ray /= np.linalg.norm(ray)
    path = thickness / abs(ray[2])
    depth = np.linspace(0, path, 200_001)
    weight = np.exp(-mu * depth)
    mean_depth = (depth * weight).sum() / weight.sum()
    shift = mean_depth * np.array([ray[0], -ray[1]])  # slow is -y
    px = detector.mm_to_pixel(0, mm)
    assert px[0] == pytest.approx((mm[0] + shift) / 0.172, abs=2e-4)
    assert detector.pixel_to_mm(0, px)[0] == pytest.approx(mm[0], abs=2e-3)


def test_hierarchical_frames_compose_down_the_tree():
    turn = rotation_about(np.array([0, 0, 1.0]), 0.3)
    inner = PanelGroup(turn[:, 0], turn[:, 1], np.array([1.0, 2, 3]), (0,))
    outer = PanelGroup(np.array([0, 1.0, 0]), np.array([-1.0, 0, 0]), np.array([10.0, 0, 0]), (inner,))
    detector = Detector((flat_panel(),), outer)
    quarter = rotation_about(np.array([0, 0, 1.0]), np.pi / 2)
    origin = quarter @ (turn @ np.array([-50.0, 40, -200]) + [1, 2, 3]) + [10, 0, 0]
    assert np.allclose(detector.frames[0][:, 2], origin)
    moved = detector.with_frames(detector.frames + 0.5 * np.eye(3)[:, 2])
    assert np.allclose(moved.frames, detector.frames + 0.5 * np.eye(3)[:, 2])


def test_intersection_and_panel_of_a_ray():
    detector = Detector((flat_panel(), flat_panel(origin=np.array([60.0, 40, -200]))))
    s1 = detector.lab_coordinates(1, np.array([[3.0, 4.0]])) * 0.01
    assert np.allclose(detector.intersect(1, s1), [[3, 4]])
    assert detector.find_panel(np.vstack([s1, -s1])).tolist() == [1, -1]
    assert np.isnan(detector.intersect(1, -s1)).all()


def test_mapping_inverts_the_rotation():
    rng = np.random.default_rng(0)
    goniometer = MultiAxisGoniometer(
        np.array([[0.5774, -0.8165, 0], [1, 0, 0], [0, 1.0, 0]]), np.array([40.0, 0, 10]), ("a", "b", "c"), 1
    )
    experiment = Experiment(Beam(), Detector((flat_panel(),)), goniometer, Scan((1, 10), (0.0, 1.0)))
    h = rng.normal(size=(20, 3))
    phi = rng.uniform(0, 6, 20)
    turned = np.array([goniometer.rotation_at(np.rad2deg(p)) @ v for p, v in zip(phi, h)])
    assert np.allclose(rotate_back(experiment, turned, phi), h)


def test_map_centroids_of_the_direct_beam_is_the_origin():
    experiment = Experiment(Beam(), Detector((flat_panel(),)), Goniometer(), Scan((1, 10), (0.0, 1.0)))
    centre = experiment.detector.mm_to_pixel(0, experiment.detector.intersect(0, experiment.beam.s0[None]))
    table = Reflections(
        {
            "id": [0], "panel": [0], "xyzobs.px.value": [[*centre[0], 2.5]], "xyzobs.px.variance": [[1.0, 1.0, 1.0]],
        }
    )  # fmt: skip
    mapped = map_centroids(Experiments.of([experiment]), table)
    assert np.allclose(mapped["rlp"], 0, atol=1e-12)
    assert mapped["xyzobs.mm.value"][0, 2] == pytest.approx(np.deg2rad(2.5))
    assert np.allclose(mapped["xyzobs.mm.variance"][0], [0.172**2, 0.172**2, np.deg2rad(1) ** 2])


def test_reindexing_keeps_reciprocal_vectors():
    crystal = Crystal(np.random.default_rng(1).normal(size=(3, 3)) * 0.02)
    P = np.array([[1, 1, 0], [-1, 1, 0], [0, 0, 1]])
    h = np.array([2, 3, 5])
    assert np.allclose(crystal.reindexed(P).A @ (h @ P), crystal.A @ h)


def test_reflections_share_arrays_and_validate():
    table = Reflections({"id": [0, 1, 0], "d": [1.0, 2.0, 3.0], "flags": [1, 2, 5]}, {0: "a", 1: "b"})
    more = table.with_columns({"panel": [0, 0, 0]})
    assert more["d"] is table["d"]
    assert more["panel"].dtype == np.uint64
    assert table.select(table["id"] == 0)["d"].tolist() == [1.0, 3.0]
    assert table.has(Flag.PREDICTED).tolist() == [True, False, True]
    assert table.flagged(Flag.INDEXED, [False, True, False])["flags"].tolist() == [1, 6, 1]
    with pytest.raises(ValueError, match="differ in length"):
        table.with_columns({"panel": [0]})
    with pytest.raises(TypeError, match="needed"):
        table.with_columns({"miller_index": [1, 2, 3]})


def test_concatenate_keeps_shared_columns():
    a = Reflections({"id": [0], "d": [1.0]}, {0: "a"})
    b = Reflections({"id": [1], "d": [2.0], "panel": [0]}, {1: "b"})
    both = Reflections.concatenate([a, b])
    assert both["d"].tolist() == [1.0, 2.0]
    assert sorted(both.names) == ["d", "id"]
    assert both.identifiers == {0: "a", 1: "b"}


def test_sharing_is_by_identity_and_survives_replacement():
    beam, detector = Beam(), Detector((flat_panel(),))
    items = [Experiment(beam, detector), Experiment(beam, detector), Experiment(Beam(), detector)]
    experiments = Experiments.of(items, ["x"])
    assert [indices for _, indices in experiments.groups_sharing("beam")] == [[0, 1], [2]]
    swapped = experiments.replace_model("beam", {beam.key: Beam(wavelength=2.0)})
    assert swapped[0].beam is swapped[1].beam
    assert swapped[0].beam.wavelength == 2.0
    assert swapped[2].beam is items[2].beam


def test_an_experiment_pickles_in_a_few_kilobytes():
    experiment = Experiment(
        Beam(),
        Detector((flat_panel(),)),
        Goniometer(),
        Scan((1, 3600), (0.0, 0.1)),
        images=ImageSet(template="a_####.cbf"),
    )
    assert len(pickle.dumps(experiment)) < 5000


@pytest.mark.parametrize("name", ["crystal", "scan", "goniometer"])
def test_a_model_that_is_needed_and_missing_is_told_in_a_line(name):
    model = {"crystal": Crystal(np.eye(3), " P 1"), "scan": Scan((1, 2), (0.0, 1.0)), "goniometer": Goniometer()}[name]
    bare = Experiment(Beam(), Detector((flat_panel(),)))
    assert getattr(bare.replace(**{name: model}), f"needed_{name}") is model
    with pytest.raises(InputError, match=f"without a {name}.*; (index|leave)"):
        getattr(bare, f"needed_{name}")


def test_identifiers_repeat():
    assert identifier_for("a_###.cbf", 1, 90) == identifier_for("a_###.cbf", 1, 90)
    assert identifier_for("a_###.cbf", 1, 90) != identifier_for("a_###.cbf", 1, 91)


def test_paths_of_a_template():
    assert ImageSet(template="x_###.cbf").path_of(7) == "x_007.cbf"


def test_batches_begin_at_one_where_images_begin_at_none():
    """Many programs take batch 0 for none; image 0 of a sweep is batch 1, and so on."""
    images = {"one": [(0, 9), (0, 9)], "minus": [(-3, 5)], "usual": [(1, 5), (3, 9)]}
    offsets = {}
    for name, ranges in images.items():
        sweeps = [Experiment(Beam(), Detector(()), scan=Scan(r, (0.0, 1.0))) for r in ranges]
        empty = np.zeros(0)
        data = UnmergedData(
            Experiments.of(sweeps), np.ones(6), " P 1", 1.0, True, *[empty] * 5, np.zeros((0, 3)), empty
        )
        offsets[name] = data.batch_offsets()
    assert offsets == {"one": [1, 100], "minus": [4], "usual": [0, 100]}
