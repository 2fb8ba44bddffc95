"""Slices: every model and every reflection says the same of the images that are left."""

from dataclasses import replace

import numpy as np
import pytest
from diffract import crystal, instrument

from gnomon.errors import InputError
from gnomon.maths.numerics.smoother import Smoother
from gnomon.models.experiment import Experiments
from gnomon.models.imageset import ImageSet
from gnomon.models.profile import GaussianProfile
from gnomon.models.reflections import Reflections
from gnomon.models.scaling_model import ScalingComponent, ScalingModel
from gnomon.models.scan import Scan
from gnomon.models.shoeboxes import Shoeboxes
from gnomon.report.slice_sequence import describe
from gnomon.steps.slice_sequence.params import SliceSequenceParams
from gnomon.steps.slice_sequence.step import slice_sequence
from tests.plain_values import assert_plain

N = 90  # images 11 to 100, half a degree each


def varying(seed):
    rng = np.random.default_rng(seed)
    one = crystal((50, 60, 70, 90, 90, 90), rng)
    return replace(one, A_at_scan_points=one.A * (1 + 1e-4 * np.arange(N + 1)[:, None, None]))


@pytest.fixture
def two():
    """Two lattices of one sweep: everything that can vary along a scan does."""
    scan = Scan((11, 100), (30.0, 0.5), np.arange(N) * 0.1, np.arange(N) * 1.0, 0, {"a": [[11, 40], [50, 100]]})
    base = instrument()
    shared = base.replace(
        scan=scan,
        beam=replace(base.beam, s0_at_scan_points=np.outer(np.arange(N + 1), [0, 0, -1.0])),
        images=ImageSet(template="x.h5", indices=tuple(range(10, 100))),
    )
    items = [shared.replace(identifier=name, crystal=varying(i)) for i, name in enumerate("ab")]
    items[0] = items[0].replace(profile=GaussianProfile(np.arange(N) * 0.01, 0.1))
    return Experiments.of(items)


def reflections_at(z, ids, deep=4):
    """Spots ``deep`` images long at z, the last one predicted only."""
    z = np.asarray(z, float)
    xyz = np.column_stack([z * 0 + 5, z * 0 + 6, z])
    observed = xyz.copy()
    observed[-1] = 0
    first = np.floor(z - deep / 2).astype(int)
    zero = np.zeros(len(z), int)
    bbox = np.column_stack([zero + 4, zero + 7, zero + 5, zero + 7, first, first + deep])
    return Reflections({"id": ids, "xyzobs.px.value": observed, "xyzcal.px": xyz, "bbox": bbox})


def sliced(experiments, reflections=None, **params):
    return slice_sequence(experiments, reflections or Reflections(), SliceSequenceParams(**params))


def test_models_along_the_scan_are_cut_at_the_same_place(two):
    e = sliced(two, image_range=((21, 40),)).experiments[0]
    assert e.scan.image_range == (21, 40)
    assert e.scan.oscillation == (35.0, 0.5)
    np.testing.assert_allclose(e.scan.epochs, np.arange(10, 30))
    np.testing.assert_allclose(e.scan.exposure_time, np.arange(10, 30) * 0.1)
    assert e.scan.valid_image_ranges == {"a": [[21, 40]]}
    np.testing.assert_array_equal(e.crystal.A_at_scan_points, two[0].crystal.A_at_scan_points[10:31])
    np.testing.assert_array_equal(e.beam.s0_at_scan_points, two[0].beam.s0_at_scan_points[10:31])
    np.testing.assert_array_equal(e.profile.sigma_b, np.arange(10, 30) * 0.01)
    assert e.profile.sigma_m == 0.1
    assert e.images.indices == tuple(range(20, 40))
    assert e.identifier == "a"


def test_angles_stay_where_they_were(two):
    z = np.array([25.3, 39.9])
    np.testing.assert_allclose(
        sliced(two, image_range=((21, 40),)).experiments[0].scan.phi_at(z), two[0].scan.phi_at(z)
    )


def test_lattices_of_a_sweep_still_share_their_models(two):
    result = sliced(two, block_size=15).experiments
    assert len(result) == 6
    for name in ("scan", "beam", "images"):
        assert [rows for _, rows in result.groups_sharing(name)] == [[0, 3], [1, 4], [2, 5]]
    assert [rows for _, rows in result.groups_sharing("detector")] == [[0, 1, 2, 3, 4, 5]]


def test_blocks_are_equal_and_named_by_themselves(two):
    result = sliced(two[:1], block_size=10).experiments  # 4.5 of them: 4, the last takes what is left
    assert [e.scan.image_range for e in result] == [(11, 32), (33, 54), (55, 76), (77, 100)]
    assert len({e.identifier for e in result}) == 4
    assert list(result[1].scan.valid_image_ranges) == [result[1].identifier]
    assert list(result[1].scan.valid_image_ranges.values()) == [[[33, 40], [50, 54]]]


def test_reflections_go_with_their_centroid_and_boxes_are_cut(two):
    table = reflections_at([10.2, 19.9, 20.0, 30.5, 39.99, 40.0, 25.0], [0, 0, 0, 1, 1, 1, 1])
    result = sliced(two, table, image_range=((21, 40),))
    np.testing.assert_allclose(result.reflections["xyzcal.px"][:, 2], [20.0, 30.5, 39.99, 25.0])
    assert result.reflections["id"].tolist() == [0, 1, 1, 1]
    assert result.reflections["bbox"][:, 4:].tolist() == [[20, 22], [28, 32], [37, 40], [23, 27]]
    assert "images 21 to 40: 3 reflections, of which 1 reached beyond and were cut" in describe(result.summary)
    assert_plain(result.summary)


def test_blocks_lose_no_reflection(two):
    """Not those predicted beyond the ends of the scan either."""
    z = np.concatenate([np.linspace(8, 103, 96), [104.0]])
    table = reflections_at(z, np.zeros(len(z), int))
    result = sliced(two[:1], table, block_size=10)
    assert sum(one.n_reflections for one in result.summary.slices) == len(z)
    assert sorted(set(result.reflections["id"].tolist())) == [0, 1, 2, 3]


def test_pixels_of_a_cut_box_are_those_of_its_images(two):
    table = reflections_at([20.2, 39.0, 30.0], [0, 0, 0])
    size = 3 * 2 * 4
    boxes = Shoeboxes(
        np.zeros(3, np.uint32),
        table["bbox"].astype(np.int32),
        np.array([0, size, 2 * size, 2 * size]),  # the last keeps no pixels
        np.tile(np.repeat(np.arange(4), 6), 2).astype(np.float32),  # each pixel holds the number of its image
        np.ones(2 * size, np.uint8),
        np.zeros(2 * size, np.float32),
    )
    cut = sliced(two[:1], table.with_columns({"shoebox": boxes}), image_range=((21, 40),)).reflections["shoebox"]
    assert cut.bbox[:, 4:].tolist() == [[20, 22], [37, 40], [28, 32]]
    data = cut.pixels(0)[0]
    assert data.shape == (2, 2, 3)
    assert data[:, 0, 0].tolist() == [2, 3]
    assert cut.pixels(1)[0][:, 1, 2].tolist() == [0, 1, 2]
    assert cut.offsets.tolist() == [0, 12, 30, 30]


def scaling_model():
    smoother = Smoother.over(0.0, N, 15.0)
    parameters = 1 + 0.2 * np.sin(np.arange(smoother.n_parameters))
    component = ScalingComponent(parameters, 1.0, np.full(len(parameters), 0.01))
    configuration = {"s_norm_fac": 0.999 / smoother.spacing, "valid_image_range": [11, 100]}
    return smoother, ScalingModel("physical", {"scale": component}, configuration)


@pytest.mark.parametrize("image_range", [(21, 40), (11, 55), (50, 100), (60, 63)])
def test_the_curve_of_a_scaling_model_stays(two, image_range):
    smoother, model = scaling_model()
    cut = sliced(two[:1].map(lambda e: e.replace(scaling_model=model)), image_range=(image_range,))
    new = cut.experiments[0].scaling_model
    p, spacing = new.components["scale"].parameters, 0.999 / new.configuration["s_norm_fac"]
    part = Smoother(0.0, spacing, len(p) - 1 if len(p) <= 3 else len(p) - 2)
    z = np.linspace(0.5, image_range[1] - image_range[0] + 0.5, 50)
    before = smoother.design(z + image_range[0] - 11) @ model.components["scale"].parameters
    np.testing.assert_allclose(part.design(z) @ p, before, rtol=0.01)
    assert new.configuration["valid_image_range"] == list(image_range)
    np.testing.assert_allclose(new.components["scale"].sd, 0.01, rtol=1e-6)


def test_scaling_models_that_cannot_be_cut_are_told(two):
    model = ScalingModel("array", {}, {})
    result = sliced(two.map(lambda e: e.replace(scaling_model=model)), image_range=((21, 40),))
    assert result.experiments[0].scaling_model is None
    assert "2 scaling models left out" in describe(result.summary)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "told nothing"),
        ({"image_range": ((1, 40),)}, "not within images 11 to 100 of experiment 0"),
        ({"image_range": ((40, 21),)}, "not within"),
        ({"image_range": ((21, 40),) * 3}, "3 image ranges for 2 experiments"),
    ],
)
def test_what_cannot_be_cut_is_told(two, params, words):
    with pytest.raises(InputError, match=words):
        sliced(two, **params)


def test_stills_are_refused(two):
    with pytest.raises(InputError, match="experiment 0 is a still"):
        sliced(two.map(lambda e: e.replace(scan=None)), block_size=5)
