"""The crystal: A = U B at phi = 0, its space group, and how it varies along the scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from gnomon.models.model import Model


def cell_from_a_matrix(A: np.ndarray) -> np.ndarray:
    """The unit cell (a, b, c in Å, alpha, beta, gamma in degrees) of a reciprocal setting matrix A, (..., 3, 3)."""
    real = np.linalg.inv(A)  # rows are a, b, c
    metric = real @ np.swapaxes(real, -1, -2)
    lengths = np.sqrt(np.diagonal(metric, axis1=-2, axis2=-1))
    cosines = [metric[..., i, j] / (lengths[..., i] * lengths[..., j]) for i, j in ((1, 2), (0, 2), (0, 1))]
    angles = np.rad2deg(np.arccos(np.clip(np.stack(cosines, -1), -1, 1)))
    return np.concatenate([lengths, angles], -1)


@dataclass(frozen=True, eq=False)
class Crystal(Model):
    """Reciprocal setting matrix A (columns a*, b*, c* in 1/Å, at phi = 0) and the Hall symbol of the space group.

    Files hold the vectors a, b, c, and the inverse of an inverse is off in the last digit: A is made the inverse of
    the vectors here, so that what is written and read back is the same to the bit.
    """

    A: np.ndarray  # (3, 3)
    hall_symbol: str = " P 1"
    A_at_scan_points: np.ndarray | None = None  # (n_images + 1, 3, 3)
    B_covariance: np.ndarray | None = None  # (9, 9)
    mosaicity: float | None = None  # degrees
    recalculated_unit_cell: np.ndarray | None = None  # (6,)
    cell_parameter_sd: np.ndarray | None = None  # (6,), Å and degrees
    extra: Mapping[str, Any] = field(default_factory=dict)
    real_space: np.ndarray | None = None  # (3, 3), rows a, b, c in Å; of A where not given, or of another A

    def __post_init__(self) -> None:
        given = self.real_space
        if given is None or not np.array_equal(np.linalg.inv(given), self.A):
            given = np.linalg.inv(self.A)
            object.__setattr__(self, "A", np.linalg.inv(given))
        object.__setattr__(self, "real_space", given)

    @classmethod
    def of_vectors(cls, vectors: np.ndarray, **fields: Any) -> Crystal:
        """The crystal with these vectors, (3, 3), rows a, b, c in Å at phi = 0."""
        return cls(np.linalg.inv(vectors), real_space=vectors, **fields)

    @property
    def vectors(self) -> np.ndarray:
        """(3, 3), rows a, b, c in Å at phi = 0."""
        assert self.real_space is not None
        return self.real_space

    @cached_property
    def cell(self) -> np.ndarray:
        """The unit cell, (6,): a, b, c in Å and alpha, beta, gamma in degrees."""
        return cell_from_a_matrix(self.A)

    @property
    def is_scan_varying(self) -> bool:
        """Whether A changes along the scan."""
        return self.A_at_scan_points is not None

    def static(self) -> Crystal:
        """The crystal without its variation along the scan."""
        return replace(self, A_at_scan_points=None)

    def reindexed(self, P: np.ndarray, hall_symbol: str | None = None) -> Crystal:
        """The crystal with basis vectors (a', b', c') = (a, b, c) P; indices become h' = P^T h.

        P: (3, 3) in real space. Then A' = A P^-T.
        """
        Q = np.linalg.inv(np.asarray(P, float)).T
        points = None if self.A_at_scan_points is None else self.A_at_scan_points @ Q
        return replace(
            self,
            A=self.A @ Q,
            A_at_scan_points=points,
            B_covariance=None,
            cell_parameter_sd=None,
            recalculated_unit_cell=None,
            hall_symbol=hall_symbol or self.hall_symbol,
        )
