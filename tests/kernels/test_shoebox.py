"""Frames in the ring, ownership, and where a sheared spot is on each frame."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shoeboxes import claim, spots

from gnomon.kernels.shoebox import BAD, FREE, GUARD, OVERLOAD, frame_shift, load_frame


def test_frames_are_loaded_with_marks_for_what_is_not_valid():
    frame = np.array([[-1, 0, 5], [9, 10, 11]], np.int32)
    mask = np.array([[True, True, False], [True, True, True]])
    row = np.zeros(6, np.int32)
    load_frame(frame, mask, 0.0, 10.0, row)
    assert row.tolist() == [BAD, 0, BAD, 9, 10, OVERLOAD]


def test_a_lone_spot_owns_its_disc_and_guards_a_ring():
    box = spots([[20.3, 25.1, 6.2]])
    assert not claim(box).any()
    owner = box.owner.reshape(box.size[::-1])[6]
    y, x = np.mgrid[: box.size[1], : box.size[0]] + 0.5
    distance = np.hypot(x - 20.3, y - 25.1) / 1.2
    assert (owner[distance < 3.29] == 0).all()
    assert (owner[(distance > 3.31) & (distance < 4.28)] == GUARD).all()
    assert (owner[distance > 4.3] == FREE).all()


def test_contested_pixels_go_to_the_nearest_whatever_the_order():
    box = spots([[20.0, 25.0, 6.0], [24.0, 25.0, 6.0], [50.0, 10.0, 6.0]])
    assert claim(box).tolist() == [True, True, False]
    first = box.owner.copy()
    box.owner[:] = FREE
    claim(box, which=np.array([2, 1, 0]))
    assert (box.owner == first).all()
    owner = first.reshape(box.size[::-1])[6]
    assert owner[25, 20] == owner[24, 21] == 0
    assert owner[25, 22] == owner[25, 23] == 1


def test_claims_frame_by_frame_are_those_of_one_go():
    box = spots([[20.0, 25.0, 4.0], [23.0, 25.0, 6.5]], width=1.5)
    claim(box)
    together = box.owner.copy()
    box.owner[:] = FREE
    for z in range(box.size[2]):
        claim(box, z, z + 1)
    assert (box.owner == together).all()


@given(rate=st.floats(0.2, 5.0), z_cal=st.floats(3.0, 5.0), shear=st.floats(-3.0, 3.0), z=st.integers(0, 8))
@settings(max_examples=50, deadline=None)
def test_shift_and_broadening_are_moments_of_the_part_of_the_rocking_curve(rate, z_cal, shear, z):
    t = rate * (z + (np.arange(4000) + 0.5) / 4000 - z_cal)
    weight = np.exp(-0.5 * t**2)
    shift, broad = frame_shift(rate, z_cal, shear, z)
    if weight.mean() * rate < 1e-2:  # hardly anything is recorded there
        assert np.isfinite(shift)
        assert broad >= 1
        return
    mean = np.average(t, weights=weight)
    variance = np.average((t - mean) ** 2, weights=weight)
    assert shift == pytest.approx(shear * mean, abs=1e-3 * (1 + abs(shear)))
    assert broad == pytest.approx(np.sqrt(1 + shear**2 * variance), rel=2e-3)
