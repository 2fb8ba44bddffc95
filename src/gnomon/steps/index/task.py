"""What is to be indexed and under which wishes, in one hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import Progress
from gnomon.steps.index.params import IndexParams
from gnomon.steps.index.symmetry import KnownSymmetry


@dataclass(frozen=True, eq=False)
class Task:
    """The sweeps (experiments without crystals), their spots, and the sweep (N,) of each spot.

    ``alone``: sweeps that get a crystal of their own, as those do in which it jumped.
    """

    sweeps: Experiments
    spots: Reflections
    sweep: np.ndarray
    params: IndexParams
    known: KnownSymmetry
    progress: Progress | None = None
    alone: frozenset[int] = frozenset()

    @property
    def joined(self) -> list[int]:
        """The sweeps that may share a crystal: all that turn, but for those ``alone``."""
        return [k for k, e in enumerate(self.sweeps) if not e.is_still and k not in self.alone]

    @property
    def rotating(self) -> list[int]:
        """The sweeps that turn: all but stills."""
        return [k for k, e in enumerate(self.sweeps) if not e.is_still]


@dataclass(frozen=True, eq=False)
class Indexed:
    """Experiments with crystals, and the sweep (number in the task) of each."""

    experiments: Experiments
    sweep_of: list[int]

    def added(self, experiment: Experiment, sweep: int) -> Indexed:
        """With one more experiment: another lattice in a sweep."""
        return Indexed(self.experiments.with_items((*self.experiments, experiment)), [*self.sweep_of, sweep])

    def geometry_of(self, sweep: int, otherwise: Experiment) -> Experiment:
        """An experiment of the sweep, for its beam, detector and goniometer; ``otherwise`` where it has no crystal."""
        return self.experiments[self.sweep_of.index(sweep)] if sweep in self.sweep_of else otherwise


@dataclass(frozen=True, eq=False)
class Refined:
    """Refined experiments, the table assigned under them, and r.m.s. residuals (n_experiments, 3): px, px, images."""

    indexed: Indexed
    table: Reflections
    rmsd: np.ndarray
