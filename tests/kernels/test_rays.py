"""The crossings kernel against a search over all indices in plain numpy."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.kernels.rays import sphere_crossings
from gnomon.models.goniometer import rotation_about

S0 = np.array([0.1, -0.05, 1.0])
AXIS = np.array([0.0, 0.6, 0.8])


def twin(A, s0, axis, d_star_max, centring, low, high):
    """Scan the angle for changes of sign of |s0 + R r| - |s0|, then close in by bisection."""
    top = np.ceil(d_star_max * np.linalg.norm(np.linalg.inv(A), axis=1)).astype(int)
    found = []
    angles = np.linspace(low, high, 721)
    turns = np.array([rotation_about(axis, a) for a in angles])
    for hkl in itertools.product(*(range(-n, n + 1) for n in top)):
        r = A @ hkl
        if not 0 < np.linalg.norm(r) <= d_star_max or ((centring @ hkl) % 24).any():
            continue
        excess = np.linalg.norm(s0 + turns @ r, axis=1) - np.linalg.norm(s0)
        for i in np.flatnonzero(np.sign(excess[1:]) != np.sign(excess[:-1])):
            a, b = angles[i], angles[i + 1]
            for _ in range(40):
                middle = (a + b) / 2
                inside = np.linalg.norm(s0 + rotation_about(axis, middle) @ r) < np.linalg.norm(s0)
                a, b = (middle, b) if inside == (excess[i] < 0) else (a, middle)
            found.append((*hkl, bool(excess[i] > 0), a))
    return sorted(found)


def crossings(A, d_star_max, centring, low, high):
    hkl, entering, phi = sphere_crossings(A, S0, AXIS, d_star_max, centring, low, high)
    return sorted((*map(int, h), bool(e), p) for h, e, p in zip(hkl, entering, phi))


def test_same_crossings_as_a_blind_search():
    A = rotation_about(np.array([1.0, 2.0, 3.0]), 0.5) @ np.array([[0.1, 0.01, 0.02], [0, 0.12, 0.03], [0, 0, 0.14]])
    for centring in (np.zeros((0, 3), np.int64), np.array([[12, 12, 12]])):
        ours, theirs = (
            crossings(A, 0.33, centring, -1.0, 6.0),
            twin(A, S0, AXIS, 0.33, centring, -1.0, 6.0),
        )
        assert len(theirs) > 30
        # the search on a grid misses pairs of crossings closer than its step: grazing points
        keys = {(*c[:4], round(c[4], 6)) for c in ours}
        assert keys >= {(*c[:4], round(c[4], 6)) for c in theirs}
        assert len(ours) - len(theirs) <= 4


@settings(max_examples=25, deadline=None)
@given(st.floats(0.05, 0.3), st.floats(0, 6), st.floats(-10, 10), st.floats(0.1, 9))
def test_every_crossing_lies_on_the_sphere_inside_the_scan(d_star_max, turn, low, width):
    A = rotation_about(np.array([1.0, 2.0, 3.0]), turn) @ np.diag([0.05, 0.07, 0.06])
    none = np.zeros((0, 3), np.int64)
    hkl, entering, phi = sphere_crossings(A, S0, AXIS, d_star_max, none, low, low + width)
    s1 = np.array([S0 + rotation_about(AXIS, p) @ A @ h for h, p in zip(hkl, phi)]).reshape(-1, 3)
    assert ((phi >= low) & (phi <= low + width)).all()
    np.testing.assert_allclose(np.linalg.norm(s1, axis=1), np.linalg.norm(S0), rtol=1e-12)
    np.testing.assert_array_equal(s1 @ np.cross(AXIS, S0) > 0, entering)
    assert (np.linalg.norm(hkl @ A.T, axis=1) <= d_star_max + 1e-12).all()
