"""What is to be indexed and what was: sweeps and their spots, known symmetry.

:class:`Task` holds what is given, :class:`Indexed` and :class:`Refined` what comes of it, :class:`KnownSymmetry` what
may be known beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.bravais import metric_subgroups
from gnomon.maths.crystal.symmetry import hall_symbol, rotations, space_group
from gnomon.models.by_experiment import RowsByExperiment
from gnomon.models.crystal import Crystal, cell_from_a_matrix
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import Progress
from gnomon.steps.index.params import IndexParams

_CENTRED = {
    "P": (1, 1, []), "A": (2, 2, [(0, 1, 1)]), "B": (2, 2, [(1, 0, 1)]), "C": (2, 2, [(1, 1, 0)]),
    "I": (2, 2, [(1, 1, 1)]), "F": (4, 2, [(0, 1, 1), (1, 0, 1)]), "R": (3, 3, [(2, 1, 1)]),
}  # fmt: skip
"""Lattice points in the cell; the divisor; and the points' coordinates times the divisor."""


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


@dataclass(frozen=True, eq=False)
class KnownSymmetry:
    """A space group, a conventional cell (6,), both or neither; and how far a lattice may be from them."""

    group: gemmi.SpaceGroup | None
    cell: np.ndarray | None
    length_tolerance: float
    angle_tolerance: float
    max_delta: float

    @classmethod
    def of(cls, params: IndexParams) -> KnownSymmetry:
        """From the parameters.

        Raises InputError for an unknown group, a cell that is none, or a grid search without a cell.
        """
        group = None if params.space_group is None else space_group(params.space_group)
        if params.method == "real_space_grid_search" and params.unit_cell is None:
            raise InputError(
                "real_space_grid_search looks for a known cell and none was given; add unit_cell=a,b,c,..."
            )
        cell = None if params.unit_cell is None else np.array(params.unit_cell)
        if cell is not None and not _spans_space(cell):
            raise InputError(f"unit_cell={','.join(map(str, params.unit_cell or ()))} is no cell; check its angles")
        return cls(group, cell, params.relative_length_tolerance, params.absolute_angle_tolerance, params.max_delta)

    def primitive_lengths(self) -> np.ndarray:
        """(3,) Å: the edges of the Niggli-reduced primitive cell."""
        assert self.cell is not None
        letter = "P" if self.group is None else self.group.centring_type()
        vector = gemmi.GruberVector(gemmi.UnitCell(*self.cell), letter)
        vector.niggli_reduce()
        return np.array(vector.cell_parameters()[:3])

    @property
    def longest(self) -> float | None:
        """Å: a limit that holds the reduced primitive cell; None where no cell is known."""
        return None if self.cell is None else 1.1 * float(self.primitive_lengths().max())

    def basis(self, A: np.ndarray) -> np.ndarray | None:
        """P (3, 3) int with conventional (a', b', c') = (a, b, c) P that agrees with what is known; None: disagrees."""
        if self.cell is not None:
            return self._basis_of_cell(np.linalg.inv(A), self.cell)
        if self.group is None:
            return np.eye(3, dtype=int)
        wanted = {w.tobytes() for w in rotations(self.group)}
        for setting in sorted(metric_subgroups(A, self.max_delta), key=lambda s: s.misfit):
            have = {w.tobytes() for w in rotations(setting.group)}
            if have == wanted and setting.group.centring_type() == self.group.centring_type():
                return setting.P
        return None

    def _basis_of_cell(self, real: np.ndarray, cell: np.ndarray) -> np.ndarray | None:
        """The right-handed triple of lattice vectors whose cell is nearest to the known one, within tolerance."""
        reach = np.arange(-3, 4)
        v = np.stack(np.meshgrid(reach, reach, reach, indexing="ij"), -1).reshape(-1, 3)
        v = v[v.any(axis=1)]
        length = np.linalg.norm(v @ real, axis=1)
        edges = [v[np.abs(length / edge - 1) < self.length_tolerance] for edge in cell[:3]]
        letter = "P" if self.group is None else self.group.centring_type()
        best, misfit = None, np.inf
        for a in edges[0]:
            for b in edges[1]:
                if abs(_angle_between(a @ real, b @ real) - cell[5]) > self.angle_tolerance:
                    continue
                for P in _right_handed_bases(a, b, edges[2]):
                    found = cell_from_a_matrix(np.linalg.inv(P.T @ real))
                    off = np.abs(found - cell)
                    total = (off[:3] / cell[:3] / self.length_tolerance).sum() + (off[3:] / self.angle_tolerance).sum()
                    if (off[3:] <= self.angle_tolerance).all() and total < misfit - 1e-9 and _has_centring(P, letter):
                        best, misfit = P, total
        return best

    def allows(self, A: np.ndarray) -> bool:
        """Whether a primitive lattice agrees with what is known."""
        return self.basis(A) is not None

    def crystal(self, A: np.ndarray) -> Crystal:
        """The crystal of a primitive lattice in the known setting, P 1 where none is known."""
        P = self.basis(A)
        assert P is not None, "only lattices that are allowed come this far"
        hall = " P 1" if self.group is None else hall_symbol(self.group)
        return Crystal(A).reindexed(P, hall)


def _spans_space(cell: np.ndarray) -> bool:
    """Whether three edges can meet at the cell's angles."""
    x, y, z = np.cos(np.deg2rad(cell[3:]))
    return bool(1 - x * x - y * y - z * z + 2 * x * y * z > 1e-6)


def _angle_between(u: np.ndarray, v: np.ndarray) -> float:
    return float(np.rad2deg(np.arccos(np.clip(u @ v / np.linalg.norm(u) / np.linalg.norm(v), -1, 1))))


def _right_handed_bases(a: np.ndarray, b: np.ndarray, edges: np.ndarray) -> list[np.ndarray]:
    """Right-handed bases (columns a, b, c) for every c."""
    volume = edges @ np.cross(a, b)
    return [np.column_stack([a, b, c]) for c in edges[volume > 0]]


def _has_centring(P: np.ndarray, letter: str) -> bool:
    """Whether the lattice points of the cell P (columns in the primitive basis) are those of ``letter``."""
    size, divisor, points = _CENTRED[letter]
    if round(float(np.linalg.det(P))) != size:
        return False
    return bool(((np.array(points, int).reshape(-1, 3) @ P.T) % divisor == 0).all())
