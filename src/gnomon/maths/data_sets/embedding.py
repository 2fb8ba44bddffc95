"""Data sets as points whose scalar products are their correlations.

Brehm & Diederichs 2014, Acta Cryst. D70, 101; Diederichs 2017, Acta Cryst. D73, 286; Gildea & Winter 2018, Acta
Cryst. D74, 405. The length of a vector tells the random error of a data set (about CC*), the angle between two how
they differ.

Cost grows with the square of the points. Of very many, some that are known best are embedded together, and the others
put beside them one by one (:func:`placed`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.numerics.leading import leading_eigenvectors
from gnomon.summary import figure

_STARTS = 2
_ITERATIONS = 200
_PENALTY = 3.0
_WHOLE, _ROWS = 600, 128
"""Rows up to which a matrix is worked on whole, and else at a time: these stay in the processor's cache."""
_RIDGE = 1e-6
"""Of the mean weight along each axis, with which :func:`placed` holds a point at 0 where nothing is known."""


@dataclass(frozen=True)
class DimensionTrial:
    """Coordinates of so many dimensions."""

    dimensions: int = figure("number of dimensions")
    functional: float = figure("weighted squares of what they leave of the correlations")


def embed(cc: np.ndarray, weights: np.ndarray, dimensions: int, seed: int = 230) -> np.ndarray:
    """(n, dimensions) coordinates X that minimise f = 1/2 sum over pairs i != j of w_ij (r_ij - x_i . x_j)².

    cc, weights: (n, n), symmetric; weight 0 where a correlation is not known. The best of a start from eigenvectors
    and of random ones, along the principal axes, the greatest first, their coordinates summing to no less than 0.
    """
    n = len(cc)
    w = _scaled(weights)
    rng = np.random.default_rng(seed)
    starts = [_eigenvectors(cc, w, dimensions)]
    starts += [rng.uniform(-1, 1, (n, dimensions)) / np.sqrt(dimensions) for _ in range(_STARTS - 1)]
    found = [_minimised(cc, w, X) for X in starts]
    return principal_axes(min(found, key=lambda X: round(functional(cc, w, X), 9)))


def functional(cc: np.ndarray, weights: np.ndarray, X: np.ndarray) -> float:
    """f(X) of coordinates (n, dim), with the weights as they are; pairs of a point with itself left out."""
    return float(0.5 * _Functional(cc, weights)(X)[0])


def choose_dimensions(cc: np.ndarray, weights: np.ndarray, most: int) -> tuple[int, list[DimensionTrial]]:
    """The number of dimensions that the correlations need, and f for each number tried, at most ``most``.

    Dimensions are added one by one, each along the leading eigenvector of what is left, until the criterion
    M (ln f + 3 k / (M - k - 1)) has risen twice (M correlations known, k coordinates that rotation leaves free; the
    correction for few is that of Hurvich & Tsai 1989, Biometrika 76, 297); the number at its least, but 2 where it can
    be. Why 3: a dimension of noise gains 2, as its leading eigenvalue is 2 sqrt(n) times its spread (Wigner 1955).
    """
    n, most = len(cc), max(1, min(most, len(cc)))
    w = _scaled(weights)
    known = np.count_nonzero(w) / 2
    X, tried, criterion = np.zeros((n, 0)), [], []
    for d in range(1, most + 1):
        X = _minimised(cc, w, _with_one_more(cc, w, X))
        tried.append(DimensionTrial(d, functional(cc, w, X)))
        free = n * d - d * (d - 1) / 2
        left = known - free - 1
        if left <= 0:
            break
        criterion.append(known * (np.log(max(tried[-1].functional, 1e-12)) + _PENALTY * free / left))
        if d > 2 and criterion[-1] > criterion[-2] > criterion[-3]:
            break
    best = int(np.argmin(criterion)) + 1 if criterion else 1
    return max(best, min(2, most)), tried


def placed(cc: np.ndarray, weights: np.ndarray, X: np.ndarray) -> np.ndarray:
    """(m, dim) points beside fixed ones X (n, dim), each where the sum of w (r - y . x)² is least.

    cc, weights: (m, n). De Silva & Tenenbaum 2004, Sparse multidimensional scaling using landmark points (Stanford).
    """
    n, dim = X.shape
    A = (weights @ (X[:, :, None] * X[:, None]).reshape(n, dim * dim)).reshape(-1, dim, dim)
    scale = np.einsum("mdd->m", A) / dim
    A += (_RIDGE * scale + 1e-12)[:, None, None] * np.eye(dim)
    return np.asarray(np.linalg.solve(A, ((weights * cc) @ X)[..., None])[..., 0])


def cosines(X: np.ndarray, Y: np.ndarray | None = None) -> np.ndarray:
    """(n, m) cosines of the angles between vectors X (n, dim) and Y (m, dim), X again where not given.

    0 with a vector of no length.
    """
    one = _unit(X)
    return np.asarray(np.clip(one @ (one if Y is None else _unit(Y)).T, -1, 1))


def _unit(X: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(X, axis=1)
    return np.asarray(X / np.where(length > 0, length, 1.0)[:, None])


def principal_axes(X: np.ndarray) -> np.ndarray:
    """The same points (n, dim) about the same origin, on axes of falling second moment, each with a sum >= 0."""
    _, _, axes = np.linalg.svd(X, full_matrices=False)
    turned = X @ axes.T
    turned = np.pad(turned, ((0, 0), (0, X.shape[1] - turned.shape[1])))
    return np.asarray(turned * np.where(turned.sum(axis=0) < 0, -1.0, 1.0))


def _scaled(weights: np.ndarray) -> np.ndarray:
    """Weights whose sum is the number of those that are not zero; none for a point with itself."""
    w = np.array(weights, float)
    np.fill_diagonal(w, 0.0)
    total = w.sum()
    return w * (np.count_nonzero(w) / total) if total > 0 else w


class _Functional:
    """Twice f, and its gradient (n, dim), -4 (w * (r - X X^T)) X, of coordinates X.

    Room for matrices is kept: asking the system for it anew takes longer than what is worked out in it.
    """

    def __init__(self, cc: np.ndarray, w: np.ndarray) -> None:
        self.cc, self.w = cc, w
        self.rows = len(cc) if len(cc) <= _WHOLE else _ROWS
        self.room = np.empty((2, self.rows, len(cc)))

    def __call__(self, X: np.ndarray) -> tuple[float, np.ndarray]:
        f, gradient = 0.0, np.empty_like(X)
        for low in range(0, len(X), self.rows):
            at = slice(low, low + self.rows)
            w = self.w[at]
            rest, weighted = self.room[:, : len(w)]
            np.subtract(self.cc[at], np.matmul(X[at], X.T, out=rest), out=rest)
            np.multiply(w, rest, out=weighted)
            f += float(np.vdot(weighted, rest)) - float(np.diagonal(w, low) @ np.diagonal(rest, low) ** 2)
            np.multiply(-4, np.matmul(weighted, X, out=gradient[at]), out=gradient[at])
        return f, gradient


def _minimised(cc: np.ndarray, w: np.ndarray, start: np.ndarray) -> np.ndarray:
    from scipy.optimize import minimize

    twice_f = _Functional(cc, w)

    def target(x: np.ndarray) -> tuple[float, np.ndarray]:
        f, gradient = twice_f(x.reshape(start.shape))
        return f, gradient.ravel()

    done = minimize(target, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": _ITERATIONS, "maxcor": 8})
    return np.asarray(done.x).reshape(start.shape)


def _with_one_more(cc: np.ndarray, w: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Coordinates with another dimension, along the leading eigenvector of the weighted correlations not yet told."""
    rest = w * (cc - X @ X.T)
    value, vector = leading_eigenvectors(rest, 1)
    step = np.sqrt(max(value[0], 1e-6) / max(w.sum(axis=1).mean() / len(w), 1e-6))
    return np.column_stack([X, np.clip(step, 0, 1) * vector[:, 0]])


def _eigenvectors(cc: np.ndarray, w: np.ndarray, dimensions: int) -> np.ndarray:
    """The best coordinates if all weights were alike: unknown correlations taken at the mean, lengths all the same."""
    known = w > 0
    mean = float(cc[known].mean()) if known.any() else 0.0
    filled = np.where(known, cc, mean)
    np.fill_diagonal(filled, float(np.abs(cc[known]).max()) if known.any() else 1.0)
    value, vector = leading_eigenvectors(filled, dimensions)
    X = vector * np.sqrt(np.maximum(value, 1e-6))
    return np.pad(X, ((0, 0), (0, dimensions - X.shape[1])))
