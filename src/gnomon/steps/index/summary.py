"""What index tells: per sweep how many spots are indexed, how well they fit, and why the others are not."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnomon.models.flags import Flag
from gnomon.steps.index.mixture import Lattice
from gnomon.steps.index.task import Refined, Task

ICE = np.array([3.895, 3.661, 3.436, 2.667, 2.249, 2.072, 1.948, 1.918, 1.883, 1.721, 1.522, 1.473, 1.443, 1.371])
"""d of the powder lines of hexagonal ice, Å: cell 4.521, 4.521, 7.366."""
ICE_WIDTH = 0.002  # 1/Å², half, in 1/d²


def on_ice(d: np.ndarray) -> np.ndarray:
    """(N,) bool: whether d (Å) lies on a powder line of hexagonal ice."""
    with np.errstate(divide="ignore"):
        return np.any(np.abs(1 / d[:, None] ** 2 - 1 / ICE**2) < ICE_WIDTH, axis=1)


def per_sweep(refined: Refined, task: Task) -> list[dict[str, Any]]:
    """A record for each sweep: spots, indexed, fraction, outliers, and reasons of the unindexed."""
    records = []
    table, sweep = refined.table, task.sweep
    ice = on_ice(table["d"])
    is_indexed = table.has(Flag.INDEXED)
    for k in range(len(task.sweeps)):
        here = sweep == k
        without = here & ~is_indexed
        n, done = int(here.sum()), int((here & is_indexed).sum())
        lost = {"on ice lines": int((without & ice).sum()), "off the lattice": int((without & ~ice).sum())}
        if k not in refined.indexed.sweep_of:
            lost = {"no lattice": n}
        outliers = int((here & table.has(Flag.CENTROID_OUTLIER)).sum())
        row = {"sweep": k, "spots": n, "indexed": done, "fraction": done / n if n else 0.0, "unindexed": lost}
        records.append({**row, "outliers": outliers})
    return records


def header_error(task: Task, lattices: list[Lattice | None]) -> list[float]:
    """(2,) px, fast and slow: how far the beam centre given was from where the lattices have it; median over sweeps."""
    found = [
        lattice.shift / sweep.detector.pixel_sizes[0]
        for lattice, sweep in zip(lattices, task.sweeps)
        if lattice is not None
    ]
    return [float(x) for x in np.median(found, axis=0)]


def per_crystal(refined: Refined) -> list[dict[str, Any]]:
    """A record for each experiment: its sweep, cell, space group, indexed spots and residuals (px, px, images)."""
    records = []
    for i, experiment in enumerate(refined.indexed.experiments):
        crystal = experiment.needed_crystal
        records.append(
            {
                "experiment": i,
                "sweep": refined.indexed.sweep_of[i],
                "cell": [float(x) for x in crystal.cell],
                "space_group": crystal.hall_symbol.strip(),
                "indexed": int((refined.table["id"] == i).sum()),
                "rmsd": [float(x) for x in refined.rmsd[i]],
            }
        )
    return records
