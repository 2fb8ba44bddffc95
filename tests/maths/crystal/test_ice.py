"""Powder rings of ice and of other crystals."""

import numpy as np

from gnomon.maths.crystal.ice import ICE_D_MIN, on_ice_ring, on_rings, powder_rings


def test_ice_rings_are_those_of_hexagonal_ice():
    d = powder_rings(1.9) ** -0.5
    np.testing.assert_allclose(d[:6], [3.895, 3.669, 3.441, 2.671, 2.249, 2.072], atol=2e-3)


def test_all_strong_rings_of_ice_are_flagged_whatever_its_temperature():
    """Of 14 lines that index had, of a cell of 4.521 and 7.366 Å, and 10 of integrate, rounded."""
    listed = [3.895, 3.661, 3.436, 2.667, 2.249, 2.072, 1.948, 1.918, 1.883, 1.721, 1.522, 1.473, 1.443, 1.371]
    rounded = [3.90, 3.67, 3.44, 2.67, 2.25, 2.07, 1.95, 1.92, 1.88, 1.72]
    for a, c in ((4.4975, 7.3224), (4.511, 7.346)):
        rings = powder_rings(ICE_D_MIN, (a, a, c, 90, 90, 120)) ** -0.5
        assert on_ice_ring(rings[rings > 1.9]).all()
    assert on_ice_ring(np.array(listed)).all()
    assert on_ice_ring(np.array(rounded)).all()


def test_ice_rings_are_narrow_and_nothing_else_is_one():
    np.testing.assert_array_equal(on_ice_ring(np.array([3.67, 3.55, 3.0, 2.25, 10.0, 0.0])), [1, 0, 0, 1, 0, 0])


def test_parameters_name_the_same_ice():
    from gnomon.maths.images.pixel_filter import PixelFilter
    from gnomon.steps.filter_reflections.params import FilterReflectionsParams

    pixels, rows = PixelFilter(), FilterReflectionsParams()
    for named in ((pixels.ice_cell, pixels.ice_group), (rows.unit_cell, rows.space_group)):
        np.testing.assert_array_equal(powder_rings(1.3, *named), powder_rings(1.3))


def test_other_powders_have_other_rings():
    silicon = powder_rings(1.5, (5.4309, 5.4309, 5.4309, 90, 90, 90), "F d -3 m") ** -0.5
    np.testing.assert_allclose(silicon, [3.1355, 1.9201, 1.6375, 1.5678], atol=1e-3)


def test_a_reflection_within_half_a_width_is_on_the_ring():
    d = np.array([4.0, 4.0, 3.9]) ** -0.5
    s2 = np.array([4.0009])
    np.testing.assert_array_equal(on_rings(d, s2, 0.002), [True, True, False])
    np.testing.assert_array_equal(on_rings(d, s2, 0.001), [False, False, False])
