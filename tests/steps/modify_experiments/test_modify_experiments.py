"""Geometry that is asked for is there afterwards, in the experiments asked for, as import would have it."""

from dataclasses import fields

import numpy as np
import pytest
from diffract import PIXEL, instrument

from gnomon import import_images, modify_experiments
from gnomon.errors import InputError
from gnomon.models.experiment import Experiments
from gnomon.pipeline import STEPS


@pytest.fixture
def three():
    """Three experiments of one detector, the last in another beam."""
    one = instrument()
    return Experiments.of([one, one.replace(identifier="b"), instrument(wavelength=0.7).replace(detector=one.detector)])


def centre_px(e):
    return e.detector.mm_to_pixel(0, e.detector.intersect(0, e.beam.s0[None]))[0]


def test_distance_centre_and_axis_are_as_asked(three):
    result = modify_experiments(three, distance=321.0, fast_slow_beam_centre=(480.0, 510.5), goniometer_axis=(0, -1, 0))
    for e in result.experiments:
        assert abs(e.detector.frames[0, :, 2] @ e.detector.normals[0]) == pytest.approx(321.0)
        assert centre_px(e) == pytest.approx([480.0, 510.5])
        assert e.goniometer.rotation_axis.tolist() == [0, -1, 0]
    assert [members for _, members in result.experiments.groups_sharing("detector")] == [[0, 1, 2]]
    assert result.summary.models == ("detector", "goniometer")
    assert result.summary.changed == (0, 1, 2)


def test_only_those_selected_are_changed(three):
    result = modify_experiments(three, select_experiments=(1,), wavelength=0.9, oscillation=(5.0, 0.1))
    assert [e.beam.wavelength for e in result.experiments] == [1.0, 0.9, 0.7]
    assert result.experiments[1].scan.oscillation == (5.0, 0.1)
    assert result.experiments[0].scan.oscillation == three[0].scan.oscillation
    assert (result.summary.changed, result.summary.shared_with) == ((1,), (0, 2))
    assert "keep them as they were" in STEPS["modify_experiments"].describe(result)


def test_mosflm_centre_is_in_mm_slow_first(three):
    (e, *_) = modify_experiments(three, mosflm_beam_centre=(88.0, 84.0)).experiments
    assert centre_px(e) * PIXEL == pytest.approx([84.0, 88.0])


def test_it_is_what_import_makes_of_the_same_parameters(cbf):
    asked = {"distance": 250.5, "slow_fast_beam_centre": (9.0, 12.0), "wavelength": 1.1, "gain": 2.0,
             "material": "CdTe", "invert_rotation_axis": True, "polarization_fraction": 0.9}  # fmt: skip
    imported = import_images([cbf], **asked).experiments[0]
    modified = modify_experiments(import_images([cbf]).experiments, **asked).experiments[0]
    for kind in ("beam", "detector", "goniometer"):
        assert_same(getattr(imported, kind), getattr(modified, kind))


def assert_same(a, b):
    """That two models have the same values in all fields, panels included."""
    for f in fields(a):
        one, other = getattr(a, f.name), getattr(b, f.name)
        if f.name == "panels":
            for p, q in zip(one, other, strict=True):
                assert_same(p, q)
        elif f.name != "key":
            assert np.array_equal(one, other), (f.name, one, other)


def test_what_cannot_be_is_told(three):
    with pytest.raises(InputError, match="asked for no change"):
        modify_experiments(three, select_experiments=(1,))
    with pytest.raises(InputError, match="select_experiments names experiment 3; there are 0 to 2"):
        modify_experiments(three, select_experiments=(3,), distance=100)
    with pytest.raises(InputError, match="a still has no scan"):
        modify_experiments(Experiments.of([three[0].replace(scan=None)]), oscillation=(0, 1))
