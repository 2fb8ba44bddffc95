"""Crystals of several domains: spots err by the turns of what diffracts, and by how much they would move for these.

Of a split or streaky crystal each spot comes from domains in other proportions: the centroid is that of the crystal
turned by a w of its own. With w normal of a covariance W (3, 3) the errors (x, y, phi) of a spot have the covariance
D + J W J^T, J what a turn moves. W and the scale of D are found by expectation and maximisation, as factor analysis is
(Rubin & Thayer 1982, Psychometrika 47, 69), with the weights of a Student t.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TAILS = 5.0  # degrees of freedom of the t: misindexed spots are no domains
FIRST = np.deg2rad(0.03)  # rad
TRIED, ITERATIONS = 5, 30
SPOTS = 1000  # of a crystal, at most, that tell
FEWEST = 100  # reflections of a crystal, to tell domains
NEEDED = 20.0  # of the logarithm of the likelihood, for six parameters of W
LARGEST_TURN = 0.3  # degrees r.m.s.: what is turned by more is another lattice, or is misindexed
LARGEST_SHARE = 1.0  # of the scatter that is no domains': what medians measured holds both


@dataclass(frozen=True)
class Domains:
    """The covariance W (3, 3) of the turns, rad^2, and the share (3,) of the scatter's variance that is not theirs."""

    turns: np.ndarray
    share: np.ndarray

    def variance(self, moved: np.ndarray) -> np.ndarray:
        """(N, 3) of spots that a turn moves by ``moved`` (N, 3, 3) a radian."""
        return _diagonal(moved, self.turns)

    @property
    def largest(self) -> float:
        """Degrees r.m.s. about the axis about which domains are turned most."""
        return float(np.rad2deg(np.sqrt(np.linalg.eigvalsh(self.turns)[-1])))


def domains(residuals: np.ndarray, moved: np.ndarray, scatter: np.ndarray) -> Domains | None:
    """The domains that ``residuals`` (N, 3) of one crystal show; None where these are no likelier with them."""
    if len(residuals) < FEWEST:
        return None
    some = np.linspace(0, len(residuals) - 1, min(SPOTS, len(residuals))).astype(np.intp)
    r, J, D = residuals[some], moved[some], scatter[some] ** 2
    W, share = np.eye(3) * FIRST**2, np.ones(3)
    without = _log_likelihood(r, _covariance(J, np.zeros((3, 3)), D))[1]
    for i in range(ITERATIONS):
        d2, likelihood, inverse = _log_likelihood(r, _covariance(J, W, share * D))
        if i == TRIED and likelihood < without:
            return None
        weight = (TAILS + 3) / (TAILS + d2)
        JW = J @ W
        gain = (inverse @ JW).swapaxes(1, 2)
        turn = (gain @ r[:, :, None])[:, :, 0]
        left = W - gain @ JW
        rest = r - (J @ turn[:, :, None])[:, :, 0]
        W = (np.einsum("n,ni,nj->ij", weight, turn, turn) + left.sum(axis=0)) / len(r)
        spent = weight[:, None] * rest**2 + _diagonal(J, left)
        share = np.minimum((spent / D).mean(axis=0), LARGEST_SHARE)
    found = Domains(W, share)
    return found if likelihood - without > NEEDED and found.largest < LARGEST_TURN else None


def _covariance(J: np.ndarray, W: np.ndarray, D: np.ndarray) -> np.ndarray:
    return J @ W @ J.swapaxes(1, 2) + D[:, :, None] * np.eye(3)


def _diagonal(J: np.ndarray, W: np.ndarray) -> np.ndarray:
    """(N, 3) the diagonals of J W J^T."""
    return ((J @ W) * J).sum(axis=2)


def _log_likelihood(r: np.ndarray, C: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """Squared distances (N,), the logarithm of the likelihood of a t with these covariances, but for a constant, and
    the inverses (N, 3, 3) of C.
    """
    inverse, determinant = _inverted(C)
    d2 = (r * (inverse @ r[:, :, None])[:, :, 0]).sum(axis=1)
    each = np.log(determinant) / 2 + (TAILS + 3) / 2 * np.log1p(d2 / TAILS)
    return d2, -float(each.sum()), inverse


def _inverted(C: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The inverses (N, 3, 3) and determinants (N,) of covariances, by cofactors: five times faster than one by one."""
    a, b, c, d, e, f = C[:, 0, 0], C[:, 0, 1], C[:, 0, 2], C[:, 1, 1], C[:, 1, 2], C[:, 2, 2]
    A, B, E = d * f - e * e, c * e - b * f, b * e - c * d
    determinant = a * A + b * B + c * E
    rest = a * f - c * c, b * c - a * e, a * d - b * b
    rows = [A, B, E, B, rest[0], rest[1], E, rest[1], rest[2]]
    return (np.stack(rows, axis=1) / determinant[:, None]).reshape(-1, 3, 3), determinant
