"""SHELX files of several lattices, HKLF 5: reflections that overlap stand in groups with their total intensity.

Sheldrick, SHELXL manual, HKLF 5: in a group the components' numbers are negative but for the last; each line has the
whole group's intensity.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from gnomon.io.atomic import write_whole
from gnomon.io.shelx import require_narrow_indices, shelx_number, shelx_scale
from gnomon.maths.numerics.connected import connected_sets
from gnomon.models.unmerged import UnmergedData


def write_hklf5(
    path: str | os.PathLike[str], data: UnmergedData, max_pixels: float = 3.0, max_images: float = 2.0
) -> tuple[float, str]:
    """Write h, k, l, I, sigma and the component (3I4, 2F8, I4); returns the scale applied, and what to tell.

    Reflections of different lattices of one sweep overlap where they are predicted within ``max_pixels`` along both
    sides of the detector and ``max_images`` of each other: each was integrated with what the others add, so that the
    group has the mean of them, and the mean of their sigmas. Raises InputError for indices that do not fit.
    """
    require_narrow_indices(data.hkl)
    component, group = components(data), overlapping(data, max_pixels, max_images)
    size = np.bincount(group)
    intensity = (np.bincount(group, data.intensity) / size)[group]
    sigma = (np.bincount(group, data.sigma) / size)[group]
    scale = shelx_scale(intensity, sigma)
    order = np.lexsort((component, group, *_first(data.hkl, group, component).T[::-1]))
    last = np.r_[group[order][1:] != group[order][:-1], True]
    marks = np.where(last, component[order], -component[order])
    values = np.column_stack([intensity * scale, np.maximum(sigma * scale, 1e-5)])[order]
    lines = [
        f"{h:4d}{k:4d}{l:4d}{shelx_number(i)}{shelx_number(s)}{m:4d}\n"
        for (h, k, l), (i, s), m in zip(data.hkl[order].tolist(), values.tolist(), marks.tolist())
    ]
    write_whole(path, "".join(lines) + f"{0:4d}{0:4d}{0:4d}{0:8.2f}{0:8.2f}{0:4d}\n")
    shared = int((size[group] > 1).sum())
    return scale, f"{component.max(initial=0)} lattices; {shared} of {len(data)} observations overlap with another's"


def _first(hkl: np.ndarray, group: np.ndarray, component: np.ndarray) -> np.ndarray:
    """(N, 3) the indices by which each row's group is sorted: those of its first component."""
    order = np.lexsort((*hkl.T[::-1], component, group))
    _, start = np.unique(group[order], return_index=True)
    first: np.ndarray = hkl[order[start]][group]
    return first


def components(data: UnmergedData) -> np.ndarray:
    """(N,) the number, from 1, of each observation's lattice among those of its sweep."""
    met: dict[Any, int] = {}
    number = []
    for e in data.experiments:
        met[e.sweep] = met.get(e.sweep, 0) + 1
        number.append(met[e.sweep])
    return np.array(number)[data.experiment]


def overlapping(data: UnmergedData, max_pixels: float, max_images: float) -> np.ndarray:
    """(N,) the number of each observation's group, from 0: those of other lattices that lie on it, and theirs."""
    place = data.xyz if data.predicted is None else data.predicted
    panel = np.zeros(len(data), int) if data.panel is None else data.panel
    of: dict[Any, list[int]] = {}
    for i, e in enumerate(data.experiments):
        of.setdefault(e.sweep, []).append(i)
    first, second = [], []
    for members in of.values():
        rows = np.flatnonzero(np.isin(data.experiment, members))
        scaled = place[rows] / (max_pixels, max_pixels, max_images)
        pairs = cKDTree(scaled).query_pairs(1.0, p=np.inf, output_type="ndarray")
        a, b = rows[pairs[:, 0]], rows[pairs[:, 1]]
        real = (data.experiment[a] != data.experiment[b]) & (panel[a] == panel[b])
        first.append(a[real])
        second.append(b[real])
    a, b = np.concatenate(first), np.concatenate(second)
    return connected_sets(a, b, len(data))
