"""How the fall-off of intensities with resolution depends on direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.crystal.symmetry import rotations
from gnomon.maths.numerics.tally import equal_tally
from gnomon.models.merged import MergedData

CONE = 30.0
"""Degrees about an axis, within which reflections count as lying along it: half of a sphere in three such cones and
their opposites in no more than 40 %, and reflections enough in each."""
_CYCLES = 20
_LEAST = 200  # reflections, of which six parameters can be had
_PER_SHELL = 40
_MOST_SHELLS = 25


@dataclass(frozen=True, eq=False)
class Anisotropy:
    """The part of B that depends on direction: ``b`` (3, 3) Å² in the frame of B h, of trace zero.

    along: (3,) Å², its value along a*, b* and c*; the larger, the faster intensities fall there.
    """

    b: np.ndarray
    along: np.ndarray

    @property
    def spread(self) -> float:
        """Largest less smallest principal value, Å²."""
        values = np.linalg.eigvalsh(self.b)
        return float(values[-1] - values[0])


def fitted_anisotropy(merged: MergedData, z: np.ndarray) -> Anisotropy | None:
    """The anisotropy of z (M,), intensities over the mean of their shell; None of fewer than 200 reflections.

    <z> = exp(k - s·b·s / 2), fitted by maximum likelihood of exponentially distributed z (a gamma regression, whose
    score takes negative z as they are), then freed of its trace and given the symmetry of the crystal.
    """
    good = np.isfinite(z)
    if good.sum() < _LEAST:
        return None
    s = merged.hkl[good] @ b_matrix(merged.cell).T
    x, y, w = s.T
    design = np.column_stack(
        [np.ones(len(s)), *(-0.5 * c for c in (x * x, y * y, w * w, 2 * x * y, 2 * x * w, 2 * y * w))]
    )
    p = _gamma_regression(design, z[good])
    b = np.array([[p[1], p[4], p[5]], [p[4], p[2], p[6]], [p[5], p[6], p[3]]])
    b = _symmetrical(b, merged)
    b -= np.eye(3) * np.trace(b) / 3
    axes = b_matrix(merged.cell)
    axes = axes / np.linalg.norm(axes, axis=0)
    return Anisotropy(b, np.einsum("ia,ij,ja->a", axes, b, axes))


def _gamma_regression(design: np.ndarray, z: np.ndarray) -> np.ndarray:
    """p of the least sum of z exp(-X p) + X p, by Fisher scoring: its information is X'X."""
    p = np.zeros(design.shape[1])
    information = np.linalg.pinv(design.T @ design)
    for _ in range(_CYCLES):
        eta = np.clip(design @ p, -20, 20)
        step = information @ (design.T @ (z * np.exp(-eta) - 1))
        p = p + np.clip(step, -50, 50)
        if np.abs(step).max() < 1e-6:
            break
    return p


def _symmetrical(b: np.ndarray, merged: MergedData) -> np.ndarray:
    """The mean of the tensor over the rotations of the crystal."""
    B = b_matrix(merged.cell)
    images = [B @ W.T @ np.linalg.inv(B) for W in rotations(merged.hall_symbol)]
    return np.mean([R.T @ b @ R for R in images], axis=0)


def along_axes(merged: MergedData) -> np.ndarray:
    """(3, M) bool: whether a reflection, or one of its equivalents, lies within ``CONE`` of a*, b* and c*."""
    B = b_matrix(merged.cell)
    axes = B / np.linalg.norm(B, axis=0)
    within = np.zeros((3, len(merged)), bool)
    for W in rotations(merged.hall_symbol):
        s = (merged.hkl @ W) @ B.T
        length = np.linalg.norm(s, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            within |= (np.abs(s @ axes) / length[:, None] > np.cos(np.deg2rad(CONE))).T
    return within


def by_axis(along: np.ndarray, values: np.ndarray, d: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """For a*, b*, c*: 1/d² (n,) and the mean of ``values`` (M,) in shells of the reflections that lie along it.

    along: (3, M) bool, of :func:`along_axes`; d: (M,) Å.
    """
    found = []
    for within in along:
        rows = np.flatnonzero(within & np.isfinite(values))
        n = int(np.clip(len(rows) // _PER_SHELL, 1, _MOST_SHELLS)) if len(rows) else 0
        if not n:
            found.append((np.zeros(0), np.zeros(0)))
            continue
        s2 = 1 / d[rows] ** 2
        tally = equal_tally(s2, n)
        found.append((tally.mean(s2), tally.mean(values[rows])))
    return found
