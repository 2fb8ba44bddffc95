"""Real harmonics: orthonormal, and of the right shape for low orders."""

import numpy as np
import pytest

from gnomon.maths.numerics.spherical_harmonics import real_harmonics


def test_harmonics_are_orthonormal_on_the_sphere() -> None:
    z, weight = np.polynomial.legendre.leggauss(12)
    phi = np.arange(24) * 2 * np.pi / 24
    zz, pp = np.meshgrid(z, phi, indexing="ij")
    ring = np.sqrt(1 - zz**2)
    directions = np.stack([ring * np.cos(pp), ring * np.sin(pp), zz], -1).reshape(-1, 3)
    Y = real_harmonics(directions, 5)
    area = np.repeat(weight, 24) * 2 * np.pi / 24
    assert Y.shape == (len(directions), 35)
    assert (Y.T * area) @ Y == pytest.approx(np.eye(35), abs=1e-12)


def test_first_order_is_y_z_x() -> None:
    assert real_harmonics(np.eye(3), 1) * np.sqrt(4 * np.pi / 3) == pytest.approx(
        np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    )
