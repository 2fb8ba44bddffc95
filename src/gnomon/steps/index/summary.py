"""What index tells: per sweep how many spots are indexed, how well they fit, and why the others are not."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.index.crystals import Indexed

ICE = np.array([3.895, 3.661, 3.436, 2.667, 2.249, 2.072, 1.948, 1.918, 1.883, 1.721, 1.522, 1.473, 1.443, 1.371])
"""d of the powder lines of hexagonal ice, Å: cell 4.521, 4.521, 7.366."""
ICE_WIDTH = 0.002  # 1/Å², half, in 1/d²


def on_ice(d: np.ndarray) -> np.ndarray:
    """(N,) bool: whether d (Å) lies on a powder line of hexagonal ice."""
    with np.errstate(divide="ignore"):
        return (np.abs(1 / d[:, None] ** 2 - 1 / ICE**2) < ICE_WIDTH).any(axis=1)


def per_sweep(indexed: Indexed, sweeps: Experiments, table: Reflections, sweep: np.ndarray) -> list[dict[str, Any]]:
    """A record for each sweep: spots, indexed, fraction, outliers, and reasons of the unindexed."""
    records = []
    ice = on_ice(table["d"])
    is_indexed = table.has(Flag.INDEXED)
    for k in range(len(sweeps)):
        here = sweep == k
        without = here & ~is_indexed
        n, done = int(here.sum()), int((here & is_indexed).sum())
        lost = {"on ice lines": int((without & ice).sum()), "off the lattice": int((without & ~ice).sum())}
        if k not in indexed.sweep_of:
            lost = {"no lattice": n}
        outliers = int((here & table.has(Flag.CENTROID_OUTLIER)).sum())
        row = {"sweep": k, "spots": n, "indexed": done, "fraction": done / n if n else 0.0, "unindexed": lost}
        records.append({**row, "outliers": outliers})
    return records


def per_crystal(indexed: Indexed, table: Reflections, rmsd: np.ndarray) -> list[dict[str, Any]]:
    """A record for each experiment: its sweep, cell, space group, indexed spots and residuals (px, px, images)."""
    records = []
    for i, experiment in enumerate(indexed.experiments):
        crystal = experiment.crystal
        records.append(
            {
                "experiment": i,
                "sweep": indexed.sweep_of[i],
                "cell": [float(x) for x in crystal.cell],
                "space_group": crystal.hall_symbol.strip(),
                "indexed": int((table["id"] == i).sum()),
                "rmsd": [float(x) for x in rmsd[i]],
            }
        )
    return records
