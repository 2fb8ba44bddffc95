"""Which modules a panel is made of: where rows and columns of it are wholly blind lies a gap."""

from __future__ import annotations

import numpy as np

from gnomon.models.detector import Detector, Panel
from gnomon.models.offsets import ModuleGrid, ModuleOffsets

NARROWEST = 32
"""Pixels: what is narrower between two gaps is no module. The smallest sold have 80 (half a MYTHEN), strips of wide
pixels between the chips of a module have 1 to 4."""

Rectangle = tuple[int, int, int, int]


def seeing_lines(image_size: tuple[int, int], blind: tuple[Rectangle, ...]) -> tuple[np.ndarray, np.ndarray]:
    """(nx,) and (ny,) bool: the columns and rows that none of the ``blind`` rectangles covers whole."""
    nx, ny = image_size
    columns, rows = np.ones(nx, bool), np.ones(ny, bool)
    for f0, s0, f1, s1 in blind:
        if s0 <= 0 and s1 >= ny:
            columns[max(f0, 0) : max(f1, 0)] = False
        if f0 <= 0 and f1 >= nx:
            rows[max(s0, 0) : max(s1, 0)] = False
    return columns, rows


def _runs(seeing: np.ndarray) -> np.ndarray:
    """(n, 2) first and one past the last of each run of true, those that are wide enough."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], seeing, [False]]).astype(np.int8)))
    runs = edges.reshape(-1, 2)
    return runs[runs[:, 1] - runs[:, 0] >= NARROWEST]


def module_grid(panel: Panel, columns: np.ndarray, rows: np.ndarray) -> ModuleGrid:
    """The modules between blind columns and rows; one for a panel without gaps."""
    nx, ny = panel.image_size
    fast, slow = _runs(columns), _runs(rows)
    whole = (np.array([[0, nx]]), np.array([[0, ny]]))
    grid = (fast if len(fast) else whole[0], slow if len(slow) else whole[1])
    return ModuleGrid(panel.image_size, panel.pixel_size, *grid)


def known_grid(panel: Panel) -> ModuleGrid | None:
    """The modules for which the panel has offsets already."""
    offsets = getattr(panel.offsets, "loaded", panel.offsets)
    return offsets.grid if isinstance(offsets, ModuleOffsets) else None


def has_modules(grids: tuple[ModuleGrid, ...]) -> bool:
    """Whether there is more than one module: one alone is the detector."""
    return sum(map(len, grids)) > 1


def panel_grids(detector: Detector, blind: tuple[tuple[Rectangle, ...], ...]) -> tuple[ModuleGrid, ...]:
    """The modules of each panel, by the ``blind`` rectangles of each, or those that its offsets tell."""
    return tuple(
        known_grid(panel) or module_grid(panel, *seeing_lines(panel.image_size, (*panel.mask, *more)))
        for panel, more in zip(detector.panels, blind, strict=True)
    )
