"""Powder rings of ice and of other crystals."""

import numpy as np

from gnomon.maths.ice import on_rings, powder_rings


def test_ice_rings_are_those_of_hexagonal_ice():
    d = powder_rings(1.9) ** -0.5
    np.testing.assert_allclose(d[:6], [3.895, 3.669, 3.441, 2.671, 2.249, 2.072], atol=2e-3)


def test_other_powders_have_other_rings():
    silicon = powder_rings(1.5, (5.4309, 5.4309, 5.4309, 90, 90, 90), "F d -3 m") ** -0.5
    np.testing.assert_allclose(silicon, [3.1355, 1.9201, 1.6375, 1.5678], atol=1e-3)


def test_a_reflection_within_half_a_width_is_on_the_ring():
    d = np.array([4.0, 4.0, 3.9]) ** -0.5
    s2 = np.array([4.0009])
    np.testing.assert_array_equal(on_rings(d, s2, 0.002), [True, True, False])
    np.testing.assert_array_equal(on_rings(d, s2, 0.001), [False, False, False])
