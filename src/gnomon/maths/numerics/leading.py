"""Leading eigenvectors of symmetric matrices, without the others where these would cost the most."""

from __future__ import annotations

import numpy as np

_WHOLE = 600
"""Rows up to which all eigenvectors are worked out: their cost grows with the cube, 0.3 CPU s here."""
_TOLERANCE = 1e-7
"""Of the eigenvalues, relative: they start what is then refined."""


def leading_eigenvectors(matrix: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The greatest eigenvalues (count,), falling, and their vectors (n, count), of a symmetric matrix (n, n).

    By Lanczos' method where n is large, always from the same start. At most n of them.
    """
    n = len(matrix)
    if n <= _WHOLE or 4 * count > n:
        value, vector = np.linalg.eigh(matrix)
    else:
        value, vector = _lanczos(matrix, count)
    return value[::-1][:count], vector[:, ::-1][:, :count]


def _lanczos(matrix: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The same with values rising; by the whole decomposition where iterations do not end, or the matrix is 0."""
    from scipy.sparse.linalg import ArpackError, eigsh

    start = np.random.default_rng(0).normal(size=len(matrix))
    try:
        value, vector = eigsh(matrix, k=count, which="LA", v0=start, ncv=max(4 * count, 20), tol=_TOLERANCE)
    except ArpackError:
        return np.linalg.eigh(matrix)
    order = np.argsort(value)
    return value[order], vector[:, order]
