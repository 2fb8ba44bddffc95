"""A smooth curve through checkpoints: the Gaussian 3-point smoother."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Smoother:
    """The value at x is the mean of the three nearest checkpoints with weights exp(-((x - x_i) / (sigma spacing))^2).

    Evans & Murshudov 2013, Acta Cryst. D69, 1204; n intervals have n + 2 checkpoints at -1/2, 1/2, ... spacings
    (1 interval 2, 2 intervals 3, both from 0).
    """

    start: float
    spacing: float
    n_intervals: int
    sigma: float = 0.7

    @classmethod
    def over(cls, start: float, end: float, interval: float, sigma: float = 0.7) -> Smoother:
        """A smoother of ``start``..``end`` whose spacing is ``interval``, or a little less to divide it evenly."""
        n = max(1, int(np.ceil((end - start) / interval - 1e-3)))
        return cls(start, (end - start) / n, n, sigma)

    @property
    def n_parameters(self) -> int:
        """The number of checkpoints."""
        return self.n_intervals + (1 if self.n_intervals <= 2 else 2)

    @property
    def positions(self) -> np.ndarray:
        """(n_parameters,) where the checkpoints lie, in the unit of ``start``."""
        first = 0.0 if self.n_intervals <= 2 else -0.5
        return self.start + self.spacing * (first + np.arange(self.n_parameters))

    def weights(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Checkpoint numbers (N, k) and their weights (N, k), which sum to 1, at ``x`` (N,); k is 3, or 2 for two.

        The weights are also the derivatives of the value with respect to the checkpoints.
        """
        z = (np.asarray(x, float) - self.start) / self.spacing
        k = min(3, self.n_parameters)
        if self.n_intervals <= 2:
            which = np.tile(np.arange(k), (len(z), 1))
            offset = z[:, None] - which
        else:
            first = np.clip(np.floor(z).astype(int), 0, self.n_parameters - k)
            which = first[:, None] + np.arange(k)
            offset = z[:, None] - (which - 0.5)
        weight = np.exp(-((offset / self.sigma) ** 2))
        return which, weight / weight.sum(axis=1, keepdims=True)

    def design(self, x: np.ndarray) -> np.ndarray:
        """(N, n_parameters): row i times the checkpoints is the value at ``x[i]``."""
        which, weight = self.weights(x)
        matrix = np.zeros((len(weight), self.n_parameters))
        np.put_along_axis(matrix, which, weight, axis=1)
        return matrix

    def values(self, x: np.ndarray, parameters: np.ndarray) -> np.ndarray:
        """(N,) the curve at ``x`` for these checkpoints."""
        which, weight = self.weights(x)
        return (parameters[which] * weight).sum(axis=1)
