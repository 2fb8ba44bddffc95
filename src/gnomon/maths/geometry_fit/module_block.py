"""The parameters of a detector's modules: how far each sits from where the header has it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.geometry.rotation_vectors import rotation_matrix
from gnomon.models.detector import Detector
from gnomon.models.offsets import ModuleGrid, ModuleOffsets, Offsets, StoredOffsets

N_LOCAL = 3  # of a module: shift along fast and slow (px), turn (rad)


@dataclass(frozen=True)
class ModuleBlock:
    """Shifts s (px) and a turn w (rad, fast towards slow) of each module: spots are seen off by d = s + w * lever.

    A spot observed at p then belongs to p - d of the ideal panel. Numbered panel by panel. With a prior that is
    tight against that of the whole detector, what all modules have in common (shift, turn, stretch) is left to the
    detector's position, turn and distance.
    """

    grids: tuple[ModuleGrid, ...]  # a panel each
    shift_sigma: float  # px, prior

    @property
    def firsts(self) -> np.ndarray:
        """(n_panels + 1,) the number of each panel's first module."""
        return np.cumsum([0, *(len(grid) for grid in self.grids)])

    @property
    def sigma(self) -> np.ndarray:
        """(3 n,) prior standard deviations: that of a turn moves the middle of an edge by that of a shift."""
        rows = []
        for grid in self.grids:
            half = max((grid.fast[:, 1] - grid.fast[:, 0]).max(), (grid.slow[:, 1] - grid.slow[:, 0]).max()) / 2
            rows += [(self.shift_sigma, self.shift_sigma, self.shift_sigma / half)] * len(grid)
        return np.array(rows).ravel()

    @property
    def names(self) -> tuple[str, ...]:
        """What each parameter is, with its unit."""
        motions = ("shift fast (px)", "shift slow (px)", "turn (rad)")
        return tuple(f"module {m} {motion}" for m in range(self.firsts[-1]) for motion in motions)

    def places(self, panel: np.ndarray, px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The module (N,) on which each point ``px`` (N, 2) of ``panel`` (N,) lies, and its lever (N, 2) px."""
        module, lever = np.zeros(len(px), np.intp), np.zeros((len(px), 2))
        for i, (first, grid) in enumerate(zip(self.firsts, self.grids)):
            rows = np.flatnonzero(panel == i)
            of_panel = grid.module_of(np.floor(px[rows]))
            module[rows], lever[rows] = first + of_panel, grid.lever(of_panel, px[rows])
        return module, lever

    def offsets(self, p: np.ndarray, module: np.ndarray, lever: np.ndarray) -> np.ndarray:
        """(N, 2) px by which spots at these places are seen off, at the parameters ``p`` (3 n,)."""
        moved = p.reshape(-1, N_LOCAL)[module]
        return moved[:, :2] + moved[:, 2:] * lever

    def apply(self, p: np.ndarray, detector: Detector) -> Detector:
        """The detector with its modules moved on: those that are whole panels as such, others by their offsets."""
        local, offsets, frames = p.reshape(-1, N_LOCAL), [], detector.frames.copy()
        for i, (first, grid, panel) in enumerate(zip(self.firsts, self.grids, detector.panels)):
            rows = local[first : first + len(grid)]
            if len(grid) == 1:
                frames[i] = _moved_panel(frames[i], grid, rows[0])
                offsets.append(panel.offsets)
            else:
                offsets.append(_moved_modules(panel.offsets, grid, rows))
        return detector.with_frames(frames).with_offsets(offsets)


def _moved_modules(before: Offsets | None, grid: ModuleGrid, local: np.ndarray) -> ModuleOffsets:
    """The offsets ``before`` (or none) with modules moved on by ``local`` (n, 3)."""
    if isinstance(before, StoredOffsets):
        before = before.loaded
    if isinstance(before, ModuleOffsets) and before.grid.is_like(grid):
        return before.plus(local[:, :2], local[:, 2])
    return ModuleOffsets(grid, local[:, :2], local[:, 2], base=before)


def _moved_panel(frame: np.ndarray, grid: ModuleGrid, local: np.ndarray) -> np.ndarray:
    """(3, 3) the frame whose points p are the points p - d of ``frame``; d by the shifts and turn ``local`` (3,)."""
    turn = rotation_matrix(-local[2] * np.cross(frame[:, 0], frame[:, 1]))
    centre = np.append(grid.centres[0] * grid.pixel_size, 0.0)
    out = turn @ frame
    moved = frame[:, :2] @ (local[:2] * grid.pixel_size)
    out[:, 2] = frame[:, 2] + (frame - out) @ centre - moved
    return out
