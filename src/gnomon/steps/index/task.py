"""What is to be indexed and under which wishes, in one hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gnomon.models.by_experiment import RowsByExperiment
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

    @cached_property
    def by_sweep(self) -> RowsByExperiment:
        """Where the spots of each sweep are."""
        return RowsByExperiment(self.sweep)

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

    @cached_property
    def members(self) -> dict[int, list[int]]:
        """The numbers of the experiments of each sweep that has any, sweeps rising."""
        found: dict[int, list[int]] = {}
        for i, k in enumerate(self.sweep_of):
            found.setdefault(k, []).append(i)
        return dict(sorted(found.items()))

    def of_sweep(self, sweep: int) -> dict[int, Experiment]:
        """The experiments of one sweep by their numbers."""
        return {i: self.experiments[i] for i in self.members.get(sweep, ())}

    def added(self, experiment: Experiment, sweep: int) -> Indexed:
        """With one more experiment: another lattice in a sweep."""
        return Indexed(self.experiments.with_items((*self.experiments, experiment)), [*self.sweep_of, sweep])

    def geometry_of(self, sweep: int, otherwise: Experiment) -> Experiment:
        """An experiment of the sweep, for its beam, detector and goniometer; ``otherwise`` where it has no crystal."""
        return self.experiments[self.members[sweep][0]] if sweep in self.members else otherwise


@dataclass(frozen=True, eq=False)
class Refined:
    """Refined experiments, the table assigned under them, and r.m.s. residuals (n_experiments, 3): px, px, images."""

    indexed: Indexed
    table: Reflections
    rmsd: np.ndarray
