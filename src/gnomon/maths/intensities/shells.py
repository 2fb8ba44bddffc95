"""Resolution shells of equal reciprocal volume."""

from __future__ import annotations

from dataclasses import dataclass

import gemmi
import numpy as np

from gnomon.maths.crystal.lattice import b_matrix, d_spacing
from gnomon.maths.crystal.symmetry import Group, is_centric, space_group
from gnomon.maths.geometry.expected_count import MOST_UNIQUE, require_few_points
from gnomon.maths.numerics.tally import Tally


@dataclass(frozen=True, eq=False)
class Shells:
    """Edges in Å, falling: shell i holds edges[i] >= d > edges[i + 1]; the last holds its end too."""

    edges: np.ndarray  # (n + 1,)

    def __len__(self) -> int:
        return len(self.edges) - 1

    def of(self, d: np.ndarray) -> np.ndarray:
        """(N,) the shell of each resolution ``d`` (Å); -1 outside."""
        d = np.asarray(d)
        shell = np.searchsorted(-self.edges, -d, side="right") - 1
        shell[np.isclose(d, self.edges[-1], rtol=1e-9)] = len(self) - 1
        shell[np.isclose(d, self.edges[0], rtol=1e-9)] = 0
        return np.where((shell >= 0) & (shell < len(self)), shell, -1)


LEAST_UNIQUE = 25
"""Unique reflections that a shell needs for its figures to say something."""


def shells_that_tell(n_unique: int, most: int) -> int:
    """At most ``most`` shells of 25 unique reflections or more on average; at least one."""
    return max(1, min(most, n_unique // LEAST_UNIQUE))


def shells_by_volume(d_max: float, d_min: float, n: int) -> Shells:
    """``n`` shells of equal volume in reciprocal space between two resolutions (Å): equal steps of 1/d^3."""
    edges = np.linspace(d_max**-3, d_min**-3, n + 1) ** (-1 / 3)
    edges[0], edges[-1] = d_max, d_min
    return Shells(edges)


def shells_by_count(d: np.ndarray, n: int, least: int = 10) -> Shells:
    """At most ``n`` shells that hold equal numbers of the resolutions ``d`` (N,), Å, at least ``least`` each."""
    ordered = np.sort(d)[::-1]
    n = max(1, min(n, len(d) // least))
    edges = ordered[np.linspace(0, len(d) - 1, n + 1).astype(int)]
    return Shells(np.unique(edges)[::-1] if n > 1 else edges)


def possible_indices(cell: np.ndarray, group: Group, d_min: float, d_max: float = np.inf) -> np.ndarray:
    """(M, 3) every unique index between two resolutions (Å) that is not absent, in the asymmetric unit.

    cell: (6,). By gemmi, in C++.
    """
    tabulated = group if isinstance(group, gemmi.SpaceGroup) else space_group(group)
    alike = 2 * len(list(tabulated.operations()))  # Friedel's law; absences of the centring are among them
    require_few_points(b_matrix(np.asarray(cell)), float(d_min), alike, MOST_UNIQUE)
    limit = 0.0 if np.isinf(d_max) else float(d_max) * (1 + 1e-9)
    return gemmi.make_miller_array(gemmi.UnitCell(*cell), tabulated, float(d_min) * (1 - 1e-9), limit)


def possible_per_shell(shells: Shells, cell: np.ndarray, group: Group) -> np.ndarray:
    """(2, n): the unique reflections that each shell could hold, and the Friedel pairs among them."""
    hkl = possible_indices(cell, group, shells.edges[-1], shells.edges[0])
    tally = Tally(shells.of(d_spacing(hkl, cell)), len(shells))
    return np.array([tally.number(), tally.where(~is_centric(hkl, group)).number()])
