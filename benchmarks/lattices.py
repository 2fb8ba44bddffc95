"""Two lattices near to each other in the same images: what a program found when it was asked for two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from chain import STEPS

from gnomon.maths.crystal.change_of_basis import primitive_change
from gnomon.maths.crystal.lattice import bases_like
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.simulate.truth import Truth
from gnomon.steps.index.sweeps import misorientation

RECIPE = {
    **{step: STEPS[step] for step in ("import", "find_spots")},
    "index": (*STEPS["index"], "max_lattices=2"),
}
WRONG = 180.0


@dataclass(frozen=True)
class LatticesFigures:
    """Crystals found, % of the spots that are indexed, and how far (degrees) the nearest is from each true lattice."""

    crystals: int
    indexed: float
    first_off: float
    second_off: float

    def cells(self) -> list[str]:
        """For a row of a table."""
        off = [f"{x:.3f}" if x < WRONG else "-" for x in (self.first_off, self.second_off)]
        return [str(self.crystals), f"{self.indexed:.1f}", *off]


def lattices_figures(truth: Truth, experiments: Experiments, table: Reflections) -> LatticesFigures:
    """The figures of indexed files; an orientation is compared in the basis that suits it best."""
    found = [_primitive(e.needed_crystal) for e in experiments]
    hall = truth.numbers["hall_symbol"]
    true = [_primitive(Crystal(np.array(truth.numbers[name]), hall)) for name in ("A", "A_second")]
    off = [min((misorientation(A, b) for B in found for b in bases_like(B, A)), default=WRONG) for A in true]
    return LatticesFigures(len(found), float(100 * (table["id"] >= 0).mean()), *off)


def _primitive(crystal: Crystal) -> np.ndarray:
    return crystal.reindexed(primitive_change(crystal.hall_symbol)).A
