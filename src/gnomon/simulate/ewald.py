"""Which reflections cross the Ewald sphere, and when: the simulator's own solution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from gnomon.simulate.instrument import Instrument

_MIN_SPEED = 0.03  # crossings slower than this, relative to the fastest (near the spindle), have no single angle

Drift = Callable[[np.ndarray], np.ndarray]
"""Rotation vectors (N, 3), radians, of the slipped crystal at angles (N,), radians."""


@dataclass(frozen=True)
class Crossings:
    """Reflections in reflecting position; all at the middle of their rocking curves."""

    which: np.ndarray  # (N,) row of the index list
    number: np.ndarray  # (N,) of the crossing among all of the undrifted list: the same for any drift
    phi: np.ndarray  # (N,) spindle angle, radians
    q: np.ndarray  # (N, 3) reciprocal lattice point in the laboratory then, 1/Å
    s1: np.ndarray  # (N, 3) diffracted wave vector, 1/Å
    speed: np.ndarray  # (N,) d|s0 + q|²/2 per radian, 1/Å²: positive where the point leaves the sphere

    def select(self, keep: np.ndarray) -> Crossings:
        """Those at ``keep``."""
        return Crossings(*(getattr(self, f.name)[keep] for f in fields(self)))


def crossings(
    points: np.ndarray, instrument: Instrument, first: float, last: float, drift: Drift | None = None
) -> Crossings:
    """Every crossing of ``points`` (N, 3; 1/Å, at angle zero) between the angles ``first`` and ``last``, radians.

    |s0 + q(phi)| = |s0| is A cos(phi) + B sin(phi) = C with, for the part p of q at right angles to the
    spindle m, A = p.s0, B = (m x p).s0 and C = -q²/2 - (q.m)(m.s0). A slipping crystal is followed by
    repeating the solution at the orientation of the last.
    """
    which, phi = _solve(points, np.arange(len(points)), instrument, first, last)
    if drift is not None:
        root = np.sign(_speed(points[which], phi, instrument)[2])
        for _ in range(4):
            phi = _nearest_root(turned(points[which], drift(phi)), phi, root, instrument)
        points = turned(points[which], drift(phi))
    else:
        points = points[which]
    q, s1, speed = _speed(points, phi, instrument)
    fastest = np.linalg.norm(np.cross(instrument.spindle, instrument.s0)) * np.linalg.norm(q, axis=1)
    found = Crossings(which, np.arange(len(which)), phi, q, s1, speed)
    return found.select(np.isfinite(phi) & (np.abs(speed) > _MIN_SPEED * fastest))


def _coefficients(points: np.ndarray, instrument: Instrument) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A, B and C of the crossing condition."""
    m, s0 = instrument.spindle, instrument.s0
    along = points @ m
    across = points - along[:, None] * m
    return across @ s0, np.cross(m, across) @ s0, -0.5 * (points**2).sum(axis=1) - along * (m @ s0)


def _solve(
    points: np.ndarray, rows: np.ndarray, instrument: Instrument, first: float, last: float
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and angles of both roots, repeated for each turn of the spindle that the scan holds."""
    a, b, c = _coefficients(points, instrument)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = np.arccos(c / np.hypot(a, b))
    crossing = np.isfinite(half)
    rows, middle, half = rows[crossing], np.arctan2(b, a)[crossing], half[crossing]
    which, angles = [], []
    for root in (middle - half, middle + half):
        base = first + (root - first) % (2 * np.pi)
        for turn in range(int(np.ceil((last - first) / (2 * np.pi)))):
            phi = base + 2 * np.pi * turn
            which.append(rows[phi < last])
            angles.append(phi[phi < last])
    return np.concatenate(which), np.concatenate(angles)


def _nearest_root(points: np.ndarray, phi: np.ndarray, root: np.ndarray, instrument: Instrument) -> np.ndarray:
    """(N,) the angle of the crossing in the same sense, nearest to ``phi``; nan where there is none any more."""
    a, b, c = _coefficients(points, instrument)
    with np.errstate(invalid="ignore"):
        angle = np.arctan2(b, a) - root * np.arccos(c / np.hypot(a, b))
    return phi + (angle - phi + np.pi) % (2 * np.pi) - np.pi


def _speed(points: np.ndarray, phi: np.ndarray, instrument: Instrument) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """q and s1 at ``phi``, and the speed (m x q).s0 through the sphere."""
    q = turned(points, phi[:, None] * instrument.spindle)
    s1 = q + instrument.s0
    return q, s1, np.cross(instrument.spindle, q) @ instrument.s0


def turned(points: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """(N, 3) points turned by rotation vectors (N, 3), radians (Rodrigues' formula)."""
    angle = np.linalg.norm(vector, axis=1, keepdims=True)
    axis = vector / np.where(angle > 0, angle, 1)
    along = (points * axis).sum(axis=1, keepdims=True) * axis
    return along + (points - along) * np.cos(angle) + np.cross(axis, points) * np.sin(angle)
