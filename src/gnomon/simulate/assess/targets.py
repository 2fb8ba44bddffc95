"""What a chain must achieve on simulated images, figure by figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gnomon.simulate.assess.figures import Figures


@dataclass(frozen=True)
class Target:
    """A figure, and the bounds within which it must lie."""

    name: str
    value: Callable[[Figures], float]
    low: float = -np.inf
    high: float = np.inf

    def is_met(self, figures: Figures) -> bool:
        """Whether the figure lies within its bounds; a figure that is not a number does not."""
        return self.low <= self.value(figures) <= self.high

    @property
    def bounds(self) -> str:
        """The bounds as text."""
        if np.isinf(self.low):
            return f"<= {self.high:g}"
        return f">= {self.low:g}" if np.isinf(self.high) else f"{self.low:g} to {self.high:g}"


def targets(header_is_exact: bool) -> tuple[Target, ...]:
    """All targets; the cell is held to more where the header's geometry is exact."""
    return (
        Target("cell, % off", lambda f: 100 * f.cell_error, high=0.02 if header_is_exact else 0.1),
        Target("r.m.s.d. x or y, px", lambda f: max(f.spots.rmsd[:2]), high=0.2),
        Target("r.m.s.d. z, images", lambda f: f.spots.rmsd[2], high=0.2),
        Target("I/sigma > 10 found, %", lambda f: 100 * f.spots.found, low=97),
        Target("found and indexed, %", lambda f: 100 * f.spots.indexed, low=99),
        Target("CC to truth", lambda f: f.intensities.cc, low=0.995),
        Target("R to truth", lambda f: f.intensities.r, high=0.07),
        Target("CC where I/sigma = 2", lambda f: f.intensities.cc_weak, low=0.85),
        Target("least spread in shells", lambda f: f.intensities.spread_shells.min(), 0.9, 1.15),
        Target("greatest spread in shells", lambda f: f.intensities.spread_shells.max(), 0.9, 1.15),
        Target("least spread in deciles", lambda f: f.intensities.spread_deciles.min(), 0.9, 1.15),
        Target("greatest spread in deciles", lambda f: f.intensities.spread_deciles.max(), 0.9, 1.15),
    )
