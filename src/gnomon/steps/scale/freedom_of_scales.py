"""What fitted scales do to differences among equivalents: those that determined them agree better than they should.

With c the contrast of an observation with the mean of the others (1, and minus their weights), V the variances of the
observations, X = <I> d ln g / dp, C the covariance of the parameters by these variances, and X_used the rows of X less
the mean of their group, zero for observations that determined no scale, the squared difference is expected to be

    c^T V c - 2 c^T X C X_used^T c + F c^T X C X^T c,

F the reduced chi-squared of the fit where that is above one: its errors are larger by what the fit took for equal and
the differences do not hold (Friedel mates). Where all took part and F = 1 it is c^T V c - c^T X C X^T c: restricted
maximum likelihood with the leverage of the scales (Patterson & Thompson 1971, Biometrika 58, 545). Where the
observation took no part, the error of its scale comes to that of the observations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.merging import Groups, others


@dataclass(frozen=True, eq=False)
class ScaleErrors:
    """Possible errors (N, k) of scaled intensities by their scales; ``taken``: what the fit took from the residuals.

    Means of products over k are covariances.
    """

    draws: np.ndarray
    taken: np.ndarray

    @classmethod
    def of(cls, draws: np.ndarray, groups: Groups, weight: np.ndarray, factor: float = 1.0) -> ScaleErrors:
        """draws: (N, k) errors with the covariance F C, F = ``factor``.

        groups and weight (N,) are those of the fit, the weight 0 for observations that took no part.
        """
        total = np.maximum(groups.sum(weight), 1e-300)
        taken = np.zeros_like(draws)
        for error, own in zip(draws.T, taken.T):
            mean = groups.sum(weight * error) / total
            own[:] = np.where(weight > 0, error - mean[groups.label], 0.0) / factor
        return cls(draws, taken)

    def select(self, rows: np.ndarray) -> ScaleErrors:
        """Of some of the observations."""
        return ScaleErrors(self.draws[rows], self.taken[rows])

    def of_differences(self, groups: Groups, weight: np.ndarray) -> np.ndarray:
        """(N,) what is to be added to the variance of (value - weighted mean of the others); mostly below zero."""
        added = np.zeros(len(weight))
        for error, own in zip(self.draws.T, self.taken.T):
            difference = error - others(groups, error, weight)[0]
            added += difference * (difference - 2 * (own - others(groups, own, weight)[0]))
        return added / max(self.draws.shape[1], 1)
