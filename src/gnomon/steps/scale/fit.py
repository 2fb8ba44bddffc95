"""Least squares for the scales, with the merged intensities projected out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gnomon.maths.merging import Groups
from gnomon.steps.scale.components import SweepScale
from gnomon.steps.scale.connection import islands
from gnomon.steps.scale.covariance import Covariance
from gnomon.steps.scale.normal_matrix import NormalMatrix, Sums, solve


@dataclass(frozen=True, eq=False)
class Fit:
    """Parameters (P,) of all sweeps one after the other, their covariance (None before a fit), how the target fell."""

    parameters: np.ndarray
    covariance: Covariance | None
    targets: tuple[float, ...]
    reduced_chi_squared: float


@dataclass(frozen=True, eq=False)
class Problem:
    """Minimise sum w (I - g <I>)^2 + restraints, where <I> = sum w g I / sum w g^2 of each group.

    Hamilton, Rollett & Sparks 1965, Acta Cryst. 18, 129; <I> moves with the parameters: the variable projection of
    Kaufman 1975, BIT 15, 49, without which the steps creep. Observations must be sorted by group.
    """

    sweeps: Sequence[SweepScale]
    groups: Groups
    intensity: np.ndarray  # (N,)
    weight: np.ndarray  # (N,)

    @property
    def slices(self) -> list[slice]:
        """Where the parameters of each sweep lie."""
        ends = np.cumsum([s.n_parameters for s in self.sweeps])
        return [slice(end - s.n_parameters, end) for s, end in zip(self.sweeps, ends)]

    @property
    def null(self) -> np.ndarray:
        """(P,) the parameters of scales of 1."""
        return np.concatenate([s.null for s in self.sweeps])

    def scales(self, parameters: np.ndarray) -> np.ndarray:
        """(N,) inverse scales g."""
        g = np.ones(len(self.intensity))
        for sweep, part in zip(self.sweeps, self.slices):
            g[sweep.rows] = sweep.scale(parameters[part])
        return g

    def means(self, g: np.ndarray) -> np.ndarray:
        """(M,) the best <I> of each group for these scales."""
        return self.groups.sum(self.weight * g * self.intensity) / self.groups.sum(self.weight * g * g)

    def target(self, parameters: np.ndarray) -> float:
        """The weighted sum of squares with its restraints; inf where a scale is not positive."""
        g = self.scales(parameters)
        if not (g > 0).all():
            return float("inf")
        residual = self.intensity - g * self.means(g)[self.groups.label]
        return float(np.sum(self.weight * residual**2) + self.restraint_target(parameters))

    def with_positive_scales(self, parameters: np.ndarray) -> np.ndarray:
        """(P,) the same, but a constant scale for sweeps with scales that are not positive.

        Between checkpoints where earlier fits had no observations they may be.
        """
        found = parameters.copy()
        for sweep, part in zip(self.sweeps, self.slices):
            g = sweep.scale(parameters[part])
            if not (g > 0).all():
                usual = float(np.median(g))
                found[part] = sweep.at_scale(usual if usual > 0 else 1.0)
        return found

    def restraint_target(self, parameters: np.ndarray) -> float:
        """Sum of restraint weight times (p - null)^2."""
        restraints = np.concatenate([s.restraints for s in self.sweeps])
        return float(np.sum(restraints * (parameters - self.null) ** 2))

    def normal_equations(self, parameters: np.ndarray) -> tuple[NormalMatrix, np.ndarray]:
        """Matrix (P, P) and right-hand side (P,) of the step.

        With D = sqrt(w) <I> dg/dp and u = sqrt(w) g, each group gives D^T D - (D^T u)(u^T D) / u^T u.
        """
        g = self.scales(parameters)
        mean = self.means(g)[self.groups.label]
        root = np.sqrt(self.weight)
        residual = root * (self.intensity - g * mean)
        length = np.sqrt(self.groups.sum(self.weight * g * g))
        unit = root * g / length[self.groups.label]
        vector, own, coupled = np.zeros(len(parameters)), [], []
        for sweep, part in zip(self.sweeps, self.slices):
            rows = sweep.rows
            D = (root * mean * g)[rows, None] * sweep.relative_derivatives(parameters[part])
            own.append(D.T @ D + np.diag(sweep.restraints))
            vector[part] = D.T @ residual[rows]
            D *= unit[rows, None]
            coupled.append(_sum_by_group(self.groups.label[rows], D))
        restraints = np.concatenate([s.restraints for s in self.sweeps])
        matrix = NormalMatrix(self.slices, own, coupled, len(self.groups))
        return matrix, vector - restraints * (parameters - self.null)

    def is_of(self, name: str) -> np.ndarray:
        """(P,) bool: the parameters of the components of this name."""
        return np.concatenate([np.repeat(c.name == name, c.n_parameters) for s in self.sweeps for c in s.components])

    @cached_property
    def islands(self) -> np.ndarray:
        """(S,) for each sweep the first of those with which equivalents connect it."""
        rows = np.concatenate([s.rows for s in self.sweeps])
        sweep = np.repeat(np.arange(len(self.sweeps)), [len(s.rows) for s in self.sweeps])
        return islands(self.groups.label[rows], sweep, len(self.groups), len(self.sweeps))

    @cached_property
    def free_islands(self) -> list[np.ndarray]:
        """(P,) bool of each island without a held sweep: its parameters. Nothing tells its common scale and B."""
        held = {int(i) for i, s in zip(self.islands, self.sweeps) if s.held}
        of_parameter = np.repeat(self.islands, [s.n_parameters for s in self.sweeps])
        return [of_parameter == i for i in np.unique(self.islands) if int(i) not in held]

    def fixed_directions(self, parameters: np.ndarray) -> np.ndarray:
        """(k, P) unit vectors along which nothing changes, or may change.

        A factor on all scales and a B common to all of each free island; the parameters of held sweeps.
        """
        directions = []
        for own in self.free_islands:
            directions += [np.where(own & self.is_of("scale"), parameters, 0.0), (own & self.is_of("decay")) * 1.0]
        held = np.flatnonzero(np.repeat([s.held for s in self.sweeps], [s.n_parameters for s in self.sweeps]))
        of_held = np.zeros((len(held), len(parameters)))  # the whole unit matrix would be of P x P numbers
        of_held[np.arange(len(held)), held] = 1.0
        common = [d / np.linalg.norm(d) for d in directions if d.any()]
        return np.vstack([np.reshape(common, (-1, len(parameters))), of_held])

    def common_directions(self, parameters: np.ndarray) -> list[np.ndarray]:
        """For each sweep (P_s, m) unit columns in which its scale, and its B, change as a whole."""
        along_scale, along_decay = np.where(self.is_of("scale"), parameters, 0.0), self.is_of("decay") * 1.0
        found = []
        for part in self.slices:
            columns = [d[part] / np.linalg.norm(d[part]) for d in (along_scale, along_decay) if d[part].any()]
            found.append(np.column_stack(columns))
        return found

    def with_mean_one(self, parameters: np.ndarray) -> np.ndarray:
        """(P,) factors that make the mean scale of all one."""
        part = self.is_of("scale")
        return np.where(part, 1 / parameters[part].mean(), 1.0)


def _sum_by_group(label: np.ndarray, values: np.ndarray) -> Sums:
    """The groups present (m,), and the sums (m, P) of their rows of ``values`` (n, P); label (n,) must be rising."""
    starts = np.flatnonzero(np.diff(label, prepend=-1))
    return label[starts], np.add.reduceat(values, starts, axis=0) if len(starts) else values


def fit_scales(problem: Problem, start: np.ndarray, *, tolerance: float = 1e-5, max_steps: int = 30) -> Fit:
    """The parameters of least target, from ``start`` (P,), by Levenberg-Marquardt steps.

    The mean scale comes out as one, the common B as in ``start``, and between islands the ratio of scales, too. Stops
    when the target falls by less than ``tolerance`` of itself.
    """
    parameters, damping = problem.with_positive_scales(start), 0.0
    targets = [problem.target(parameters)]
    matrix, vector = problem.normal_equations(parameters)
    for _ in range(max_steps):
        trial = parameters + solve(matrix, vector, problem.fixed_directions(parameters), damping)
        value = problem.target(trial)
        if not value <= targets[-1]:
            damping = max(10 * damping, 1e-3)
            if damping > 1e6:
                break
            continue
        parameters, damping = trial, damping / 10 if damping > 1e-4 else 0.0
        targets.append(value)
        matrix, vector = problem.normal_equations(parameters)
        if targets[-2] - value <= tolerance * value:
            break
    fixed = problem.fixed_directions(parameters)
    dof = max(1, len(problem.intensity) - len(problem.groups) - len(parameters) + len(fixed))
    chi_squared = targets[-1] / dof
    unit = problem.with_mean_one(parameters)
    common = problem.common_directions(parameters)
    covariance = Covariance(matrix, fixed, common, max(chi_squared, 1.0), unit)
    return Fit(parameters * unit, covariance, tuple(targets), chi_squared)
