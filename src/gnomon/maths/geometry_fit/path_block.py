"""Crystals that were followed along their scans may go on turning while all else is fitted.

A cell, a detector or modules that are a little off make a crystal seem to turn, and a crystal held on its path makes
them stay off: fitted in turns they creep, and know nothing of what the path leaves uncertain. So the turns are fitted
with them, and are not kept: crystals are followed anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.numerics.smoother import Smoother
from gnomon.models.crystal import Crystal
from gnomon.models.scan import Scan

INTERVAL = 3.0  # degrees between checkpoints: what cells and detectors feign changes slowly, and jumps are in the path
MOST_INTERVALS = 60  # in a scan: six degrees in a whole turn are near enough
MEAN_TURN = 1e-6  # rad, of the mean turn on top of the path: the crystal's own orientation is fitted beside it


@dataclass(frozen=True)
class PathBlock:
    """One experiment: A(z) = T(z) R(w(z)) A, with T as the crystal was found to turn and swell.

    w (rad) is to be found: smooth through checkpoints, and a random walk without a mean.
    """

    path: np.ndarray  # (images + 1, 3, 3) T
    first: int  # image at which it begins
    smoother: Smoother | None = None  # of w, in images; None where T is all
    stiffness: np.ndarray | None = None  # (n, n), the inverse covariance of the checkpoints

    @classmethod
    def of(cls, crystal: Crystal, scan: Scan, step: float | None) -> PathBlock | None:
        """That of a crystal that varies along ``scan``, None of another.

        step: of w, rad over the root of a degree; None where T is all.
        """
        if crystal.A_at_scan_points is None:
            return None
        first, last = scan.array_range
        fixed = cls(crystal.A_at_scan_points @ np.linalg.inv(crystal.A), first)
        if step is None:
            return fixed
        width = abs(scan.oscillation[1])
        smoother = Smoother.over(first, last, max(INTERVAL / width, (last - first) / MOST_INTERVALS))
        n = smoother.n_parameters
        steps = np.diff(np.eye(n), axis=0)
        walk = steps.T @ steps / (smoother.spacing * width * step**2) + np.full((n, n), (n * MEAN_TURN) ** -2)
        return replace(fixed, smoother=smoother, stiffness=np.kron(walk, np.eye(3)))

    @property
    def sigma(self) -> np.ndarray:
        """(n,) prior standard deviations, each for itself: none."""
        return np.full(0 if self.smoother is None else 3 * self.smoother.n_parameters, np.inf)

    @property
    def names(self) -> tuple[str, ...]:
        """What each parameter is, with its unit."""
        n = len(self.sigma) // 3
        return tuple(f"path turn {axis} at checkpoint {i + 1} (rad)" for i in range(n) for axis in "xyz")
