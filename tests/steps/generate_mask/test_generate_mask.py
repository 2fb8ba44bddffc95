"""Masks of the detector's gaps, the filters and the counts; and experiments that use them."""

from dataclasses import replace

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.images.masks import read_mask, static_mask, write_mask
from gnomon.io.images.shaded import shadow_of
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.goniometer import Goniometer
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.pipeline import STEPS
from gnomon.report.apply_mask import describe as words_of_applying
from gnomon.report.generate_mask import describe
from gnomon.steps.apply_mask.params import ApplyMaskParams
from gnomon.steps.apply_mask.step import apply_mask
from gnomon.steps.generate_mask import step
from gnomon.steps.generate_mask.params import GenerateMaskParams
from tests.plain_values import assert_plain

NX, NY = 30, 20


def experiments(n_sets: int = 1) -> Experiments:
    axes = np.eye(3)
    panel = Panel(
        axes[0], -axes[1], np.array([-1.5, 1.0, -100.0]), (NX, NY), (0.1, 0.1), (0.0, 99.0), mask=((10, 0, 12, NY),)
    )
    detector, scan = Detector((panel,)), Scan((1, 9), (0.0, 0.1))
    sets = [ImageSet(template=f"{i}_####.cbf") for i in range(n_sets)]
    return Experiments.of(Experiment(Beam(), detector, Goniometer(), scan, images=images) for images in sets)


def mask_of(given: Experiments, **params) -> np.ndarray:
    ((mask,),) = step.generate_mask(given, Reflections(), GenerateMaskParams(**params)).product
    return mask


def test_gaps_borders_and_shapes_are_left_out():
    mask = mask_of(experiments(), border=1, untrusted_rectangle=((3, 5, 4, 8),))
    expected = np.zeros((NY, NX), bool)
    expected[1:-1, 1:-1] = True
    expected[:, 10:12] = expected[4:8, 3:5] = False
    np.testing.assert_array_equal(mask, expected)


def test_the_mask_that_images_have_stays(tmp_path):
    first = np.ones((NY, NX), bool)
    first[2, 3] = False
    write_mask(tmp_path / "a.mask", (first,))
    (one,) = experiments()
    masked = one.replace(images=replace(one.images, mask=str(tmp_path / "a.mask")))
    mask = mask_of(Experiments.of([masked]), untrusted_pixel=((5, 6),))
    assert not mask[2, 3]
    assert not mask[5, 6]
    assert mask.sum() == NY * (NX - 2) - 2


def test_a_pixel_that_saturates_once_stays_and_one_without_data_goes(monkeypatch):
    class Reader:
        def read(self, number):
            pixels = np.full((NY, NX), 5, np.int32)
            pixels[3, 4] = 1000 if number == 5 else 5
            pixels[7, 8] = -2
            pixels[9, 2] = 1000
            return (pixels,)

    monkeypatch.setattr(step, "images_of", lambda experiment: Reader())
    mask = mask_of(experiments(), use_trusted_range=True)
    assert mask[3, 4]
    assert not mask[7, 8]
    assert not mask[9, 2]
    assert mask_of(experiments())[7, 8]


def test_every_set_of_images_has_its_mask():
    given = experiments(3)
    twice = given.with_items([*given, given[1]])  # two lattices on the same images
    result = step.generate_mask(twice, Reflections(), GenerateMaskParams(border=1))
    assert [one.experiments for one in result.summary.sets] == [(0,), (1, 3), (2,)]
    assert_plain(result.summary)
    assert len(result.product) == 3
    assert "image set 2: 132 of 600 pixels left out (22.00%)" in describe(result.summary)


def test_masks_are_applied_to_all_that_share_the_images(tmp_path):
    given = experiments(2)
    given = given.with_items([*given, given[0]])
    paths = []
    for i in range(2):
        mask = np.ones((NY, NX), bool)
        mask[0, i] = False
        paths.append(str(tmp_path / f"{i}.mask"))
        write_mask(paths[-1], (mask,))
    masked, _ = result = apply_mask(given, Reflections(), ApplyMaskParams(mask=tuple(paths)))
    assert masked[0].images is masked[2].images
    assert [not static_mask(e)[0][0, i] for e, i in zip(masked, (0, 1, 0))] == [True] * 3
    assert f"image set 1 uses {paths[1]}" in words_of_applying(result.summary)
    assert_plain(result.summary)
    one = apply_mask(given, Reflections(), ApplyMaskParams(mask=(paths[0],))).experiments
    assert {e.images.mask for e in one} == {paths[0]}


BAR = """
[[part]]
axis = "scan"
points = [[-1, -0.05, -20], [-1, 0.05, -20], [0.1, 0.05, -20], [0.1, -0.05, -20]]
"""


@pytest.fixture
def shadowed(tmp_path):
    """Experiments that turn by nine degrees about the beam, with a bar."""
    (tmp_path / "bar.toml").write_text(BAR)
    (one,) = experiments()
    turning = Experiments.of(
        [one.replace(scan=Scan((1, 9), (-4.0, 1.0)), goniometer=Goniometer(np.array([0.0, 0.0, 1.0])))]
    )
    return apply_mask(turning, Reflections(), ApplyMaskParams(shadow=str(tmp_path / "bar.toml")))


def test_what_is_ever_and_what_is_always_in_shadow(shadowed):
    (one,) = given = shadowed.experiments
    gaps, shadow = static_mask(one)[0], shadow_of(one)
    moments = np.stack([shadow.on(phi, phi)[0] for phi in np.linspace(-4, 5, 91)])
    ever, always = (~mask_of(given, shadow=when) & gaps for when in ("ever", "always"))
    np.testing.assert_array_equal(always, moments.all(axis=0) & gaps)
    assert (ever | ~moments.any(axis=0) | ~gaps).all()
    assert 0 < always.sum() < ever.sum() <= 1.02 * (moments.any(axis=0) & gaps).sum()
    assert (mask_of(given) == gaps).all()


def test_a_shadow_is_applied_turned_off_and_told(shadowed):
    (images,) = (e.images for e in shadowed.experiments)
    assert images.mask is None
    assert "image set 0 keeps its mask; shadows of the goniometer are left out" in words_of_applying(shadowed.summary)
    off = apply_mask(shadowed.experiments, Reflections(), ApplyMaskParams(dynamic_shadowing=False)).experiments
    assert shadow_of(off[0]) is None
    with pytest.raises(InputError, match="not known; give shadow=FILE"):
        mask_of(off, shadow="ever")


def test_a_shadow_that_does_not_fit_is_refused_before_images_are_read(tmp_path):
    (tmp_path / "bar.toml").write_text(BAR.replace("scan", "CHI"))
    with pytest.raises(InputError, match="axis 'CHI', only scan"):
        apply_mask(experiments(), Reflections(), ApplyMaskParams(shadow=str(tmp_path / "bar.toml")))
    with pytest.raises(InputError, match="dynamic_shadowing=true, but"):
        apply_mask(experiments(), Reflections(), ApplyMaskParams(dynamic_shadowing=True))


@pytest.mark.parametrize(("n", "message"), [(0, "given no mask"), (3, "3 masks for 2 sets of images")])
def test_the_number_of_masks_must_fit(tmp_path, n, message):
    write_mask(tmp_path / "a.mask", (np.ones((NY, NX), bool),))
    with pytest.raises(InputError, match=message):
        apply_mask(experiments(2), Reflections(), ApplyMaskParams(mask=(str(tmp_path / "a.mask"),) * n))


def test_a_mask_of_another_detector_is_refused(tmp_path):
    write_mask(tmp_path / "a.mask", (np.ones((NX, NY), bool),))
    with pytest.raises(InputError, match="shape"):
        apply_mask(experiments(), Reflections(), ApplyMaskParams(mask=(str(tmp_path / "a.mask"),)))


@pytest.mark.parametrize("name", ["generate_mask", "apply_mask"])
def test_experiments_without_images_are_refused(tmp_path, name):
    write_mask(tmp_path / "a.mask", (np.ones((NY, NX), bool),))
    bare = experiments().map(lambda e: e.replace(images=None))
    params = {"mask": (str(tmp_path / "a.mask"),)} if name == "apply_mask" else {}
    with pytest.raises(InputError, match="has none; run import first"):
        STEPS[name](bare, **params)


def test_a_mask_is_the_same_from_both_kinds_of_file(tmp_path):
    mask = np.random.default_rng(1).random((NY, NX)) > 0.3
    for name in ("a.npz", "a.mask"):
        write_mask(tmp_path / name, (mask,))
        np.testing.assert_array_equal(read_mask(str(tmp_path / name), experiments()[0].detector)[0], mask)
