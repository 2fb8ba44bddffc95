"""Merged intensities against those of their neighbours in reciprocal space, which tell a twin."""

from __future__ import annotations

from itertools import product

import numpy as np

from gnomon.maths.crystal.symmetry import is_centric
from gnomon.maths.intensities.lookup import Lookup
from gnomon.models.merged import MergedData


def well_measured(merged: MergedData, d: np.ndarray, per_shell: int = 100) -> np.ndarray:
    """Rows (n,), rising, below 10 Å, as far as the mean of I / sigma in a shell stays above 3."""
    order = np.argsort(-d, kind="stable")
    order = order[d[order] < 10]
    shells = np.array_split(order, max(1, len(order) // per_shell))
    ratio = merged.mean.intensity / merged.mean.sigma
    good = [len(rows) > 0 and ratio[rows].mean() > 3 for rows in shells]
    last = good.index(False) if False in good else len(good)
    return np.sort(np.concatenate([np.zeros(0, int), *shells[:last]]))


def local_differences(hkl: np.ndarray, rows: np.ndarray, table: Lookup) -> tuple[np.ndarray, np.ndarray]:
    """(n,) L = (I1 - I2) / (I1 + I2) of acentric reflections two apart along an axis or diagonal, and its error.

    hkl: (N, 3) of the merged ``rows``. Steps of two are safe against pseudo-centring. Padilla & Yeates 2003, Acta
    Cryst. D59, 1124.
    """
    steps = [np.array(s) for s in product((0, 2, -2), repeat=3) if s > (0, 0, 0)]
    found, errors = [], []
    for step in steps:
        mate = table.find(hkl + step)
        used = (mate >= 0) & (mate != rows) & ~is_centric(hkl + step, table.group)
        i, j = rows[used], mate[used]
        total = table.intensity[i] + table.intensity[j]
        i, j, total = i[total > 0], j[total > 0], total[total > 0]
        found.append(np.clip((table.intensity[i] - table.intensity[j]) / total, -1, 1))
        errors.append(np.hypot(table.sigma[i], table.sigma[j]) / total)
    return np.concatenate(found), np.concatenate(errors)
