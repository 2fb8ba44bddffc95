"""Where stills show a lattice: points near the Ewald sphere, brought onto it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gnomon.maths.geometry.ewald import rotate


class StillRays(NamedTuple):
    """Wave vectors s1 (N, 3), 1/Å, and by which turn (N,), rad, each point was brought onto the sphere."""

    s1: np.ndarray
    delpsi: np.ndarray


def still_rays(q: np.ndarray, s0: np.ndarray) -> StillRays:
    """The rays of points ``q`` (N, 3), 1/Å, in the laboratory under the incident beam ``s0`` (3,), 1/Å.

    A point reflects while |s0 + q| = |s0|, that is where its angle to -s0 has the cosine |q| / 2|s0|. It is turned
    there by the shortest way, about q × s0 (Sauter et al. 2014, Acta Cryst. D70, 3299): the turn is positive for a
    point inside the sphere. nan where a point is longer than the sphere is wide.
    """
    length, k = np.linalg.norm(q, axis=1), float(np.linalg.norm(s0))
    with np.errstate(invalid="ignore", divide="ignore"):
        axis = np.cross(q, s0)
        axis /= np.linalg.norm(axis, axis=1, keepdims=True)
        there = np.arccos(length / (2 * k))
        here = np.arccos(np.clip(-(q @ s0) / (length * k), -1.0, 1.0))
    turn = there - here
    return StillRays(s0 + rotate(axis, turn, q), turn)
