"""Representatives of what the lattice's symmetry joins."""

import numpy as np
import pytest

from gnomon.steps.merge.lattice_orbits import images, index_keys, lattice_rotations, representatives


@pytest.mark.parametrize(
    ("hall", "cell", "n"),
    [
        (" P 2 2", (40, 50, 60, 90, 90, 90), 4),
        (" P 2 2", (50, 50.5, 60, 90, 90, 90), 8),  # nearly tetragonal
        (" P 4w", (50, 50, 60, 90, 90, 90), 8),
        (" P 31", (50, 50, 60, 90, 90, 120), 12),
        (" C 2y", (60, 45, 50, 90, 110, 90), 2),
        (" C 2y", (70.7107, 70.7107, 60, 90, 90, 90), 8),  # C 2 on a lattice of P 4 2 2
        (" I 2 2 3", (78, 78, 78, 90, 90, 90), 24),
    ],
)
def test_the_greatest_of_an_orbit_stands_for_all_of_it(hall, cell, n):
    W = lattice_rotations(np.array(cell, float), hall)
    assert len(W) == n
    hkl = np.random.default_rng(1).integers(-40, 41, (300, 3))
    if hall[1] in "CI":  # what the centring allows
        hkl[:, 0] += (hkl[:, 0] + hkl[:, 1] + (hkl[:, 2] if hall[1] == "I" else 0)) % 2
    found = representatives(hkl, W)
    orbit = np.concatenate([images(hkl, W), -images(hkl, W)])
    best = orbit[index_keys(orbit).argmax(axis=0), np.arange(len(hkl))]
    np.testing.assert_array_equal(found, best)
    for one in W:  # whichever of them is asked
        np.testing.assert_array_equal(representatives(np.rint(hkl @ one), W), found)
