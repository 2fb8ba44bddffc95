"""Least squares for the scales, with the merged intensities projected out; the scale of every observation then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from gnomon.maths.intensities.merging import Groups
from gnomon.models.by_experiment import rows_of_each
from gnomon.steps.scale.comparisons import connected_sweeps, joined_by_target
from gnomon.steps.scale.model import ParameterLayout, Setup, SweepScale, build
from gnomon.steps.scale.normal_matrix import Covariance, NormalMatrix, Sums, solve

_OBSERVATIONS_AT_ONCE = 20000  # observations whose design is held at once
_NEGLIGIBLE = 2e-4  # of the variances of all: what the draws may leave unknown of the parameters' freedom
_LEAST_DRAWS, _MOST_DRAWS = 4, 40


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
    Where there is a ``target`` (M,), <I> is that, and does not move.
    """

    sweeps: Sequence[SweepScale]
    groups: Groups
    intensity: np.ndarray  # (N,)
    weight: np.ndarray  # (N,)
    target: np.ndarray | None = None  # (M,), nan for groups whose mean is free
    shared: tuple[str, ...] = ()  # components of which all sweeps have one

    @cached_property
    def layout(self) -> ParameterLayout:
        """Where the parameters of each sweep lie."""
        return ParameterLayout([s.sizes for s in self.sweeps])

    @property
    def null(self) -> np.ndarray:
        """(P,) the parameters of scales of 1."""
        return np.concatenate([s.null for s in self.sweeps])

    def scales(self, parameters: np.ndarray) -> np.ndarray:
        """(N,) inverse scales g."""
        g = np.ones(len(self.intensity))
        for sweep, part in zip(self.sweeps, self.layout.sweeps):
            g[sweep.rows] = sweep.scale(parameters[part])
        return g

    def means(self, g: np.ndarray) -> np.ndarray:
        """(M,) the target of each group, else the best <I> for these scales."""
        best = self.groups.sum(self.weight * g * self.intensity) / self.groups.sum(self.weight * g * g)
        return best if self.target is None else np.where(self.has_target, self.target, best)

    @cached_property
    def has_target(self) -> np.ndarray:
        """(M,) bool: the groups whose mean does not move."""
        return np.zeros(len(self.groups), bool) if self.target is None else np.isfinite(self.target)

    def misfit(self, parameters: np.ndarray) -> float:
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
        for sweep, part in zip(self.sweeps, self.layout.sweeps):
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
        unit = np.where(self.has_target[self.groups.label], 0.0, root * g / length[self.groups.label])
        vector, own, coupled = np.zeros(len(parameters)), [], []
        for sweep, part in zip(self.sweeps, self.layout.sweeps):
            rows = sweep.rows
            D = (root * mean * g)[rows, None] * sweep.relative_derivatives(parameters[part])
            own.append(D.T @ D + np.diag(sweep.restraints))
            vector[part] = D.T @ residual[rows]
            D *= unit[rows, None]
            coupled.append(_sum_by_group(self.groups.label[rows], D))
        restraints = np.concatenate([s.restraints for s in self.sweeps])
        matrix = NormalMatrix(self.layout.sweeps, own, coupled, len(self.groups))
        return matrix, vector - restraints * (parameters - self.null)

    @cached_property
    def set_of_sweep(self) -> np.ndarray:
        """(S,) for each sweep the first of those with which equivalents connect it."""
        label = joined_by_target(self.groups.label, self.target)
        return connected_sweeps(label[self._rows], self._sweep_of_row, len(self.groups), len(self.sweeps))

    @cached_property
    def _rows(self) -> np.ndarray:
        """(N,) the observations, sweep by sweep."""
        return np.concatenate([s.rows for s in self.sweeps])

    @cached_property
    def _sweep_of_row(self) -> np.ndarray:
        """(N,) the sweep of each of them."""
        return np.repeat(np.arange(len(self.sweeps)), [len(s.rows) for s in self.sweeps])

    @cached_property
    def free_sets(self) -> list[np.ndarray]:
        """(P,) bool of each connected set without a held sweep or a target: its parameters.

        Its common scale and B are free.
        """
        held = {int(i) for i, s in zip(self.set_of_sweep, self.sweeps) if s.held}
        told = self._sweep_of_row[self.has_target[self.groups.label[self._rows]]]
        held |= set(self.set_of_sweep[np.unique(told)].tolist())
        of_parameter = self.set_of_sweep[self.layout.sweep]
        return [of_parameter == i for i in np.unique(self.set_of_sweep) if int(i) not in held]

    def fixed_directions(self, parameters: np.ndarray) -> np.ndarray:
        """(k, P) unit vectors along which nothing changes, or may change.

        A factor on all scales (in each node of resolution, where there are such) and a B common to all of each free
        set; what makes components differ that are shared;
        the parameters of held sweeps.
        """
        directions = []
        for own in self.free_sets:
            scale = np.where(own & self.layout.is_of("scale"), parameters, 0.0)
            n = self._alike(own)
            directions += [scale] if n == 1 else [np.where(self._node % n == i, scale, 0.0) for i in range(n)]
            directions.append((own & self.layout.is_of("decay")) * 1.0)
        directions += self.layout.differences(self.shared)
        held = np.flatnonzero(np.array([s.held for s in self.sweeps])[self.layout.sweep])
        of_held = np.zeros((len(held), len(parameters)))  # the whole unit matrix would be of P x P numbers
        of_held[np.arange(len(held)), held] = 1.0
        common = [d / np.linalg.norm(d) for d in directions if d.any()]
        return np.vstack([np.reshape(common, (-1, len(parameters))), of_held])

    @cached_property
    def _node(self) -> np.ndarray:
        """(P,) the number of each parameter of a sweep's first component, its scale."""
        return np.concatenate([np.arange(s.n_parameters) for s in self.sweeps])

    def _alike(self, own: np.ndarray) -> int:
        """Nodes of resolution that the sweeps of a set (P,) bool have in common; 1 where they are of several kinds."""
        numbers = {self.sweeps[i].n_alike for i in np.unique(self.layout.sweep[own]).tolist()}
        return numbers.pop() if len(numbers) == 1 else 1

    def common_directions(self, parameters: np.ndarray) -> list[np.ndarray]:
        """For each sweep (P_s, m) unit columns in which its scale, and its B, change as a whole."""
        along_scale, along_decay = (
            np.where(self.layout.is_of("scale"), parameters, 0.0),
            self.layout.is_of("decay") * 1.0,
        )
        found = []
        for part in self.layout.sweeps:
            columns = [d[part] / np.linalg.norm(d[part]) for d in (along_scale, along_decay) if d[part].any()]
            found.append(np.column_stack(columns))
        return found

    def with_mean_one(self, parameters: np.ndarray) -> np.ndarray:
        """(P,) factors that make the mean scale of all one, where no target says what it is."""
        if self.has_target.any():
            return np.ones(len(parameters))
        part = self.layout.is_of("scale")
        return np.where(part, 1 / parameters[part].mean(), 1.0)


def _sum_by_group(label: np.ndarray, values: np.ndarray) -> Sums:
    """The groups present (m,), and the sums (m, P) of their rows of ``values`` (n, P); label (n,) must be rising."""
    starts = np.flatnonzero(np.diff(label, prepend=-1))
    return label[starts], np.add.reduceat(values, starts, axis=0) if len(starts) else values


def fit_scales(problem: Problem, start: np.ndarray, *, tolerance: float = 1e-5, max_steps: int = 30) -> Fit:
    """The parameters of least target, from ``start`` (P,), by Levenberg-Marquardt steps.

    The mean scale comes out as one, the common B as in ``start``, and between connected sets the ratio of scales, too;
    with a target both are as it says.
    Stops when the target falls by less than ``tolerance`` of itself.
    """
    parameters, damping = problem.with_positive_scales(start), 0.0
    targets = [problem.misfit(parameters)]
    matrix, vector = problem.normal_equations(parameters)
    for _ in range(max_steps):
        trial = parameters + solve(matrix, vector, problem.fixed_directions(parameters), damping)
        value = problem.misfit(trial)
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
    n_means = len(problem.groups) - int(problem.has_target.sum())
    dof = max(1, len(problem.intensity) - n_means - len(parameters) + len(fixed))
    chi_squared = targets[-1] / dof
    unit = problem.with_mean_one(parameters)
    common = problem.common_directions(parameters)
    covariance = Covariance(matrix, fixed, common, max(chi_squared, 1.0), unit)
    return Fit(parameters * unit, covariance, tuple(targets), chi_squared)


class Evaluated(NamedTuple):
    """Of all N observations."""

    g: np.ndarray  # (N,) inverse scales
    variance: np.ndarray  # (N,) of g
    draws: np.ndarray  # (N, k) possible errors of ln g, whose mean square is its variance, what is common included


def evaluate_scales(setup: Setup, fit: Fit, information: np.ndarray) -> Evaluated:
    """Inverse scales of all observations and their errors, from the covariance of the parameters.

    What is common to all observations, a scale and a B, is no error of the data: with L = d ln g / dp, the
    variance is that of (L - trend) p, the trend being the regression of L on 1 and 1 / d^2, weighted by the
    ``information`` (N,) of each observation on its scale.
    """
    trend = _trend(setup, fit, information)  # (2, P)
    assert fit.covariance is not None  # it has been fitted
    with_trend = fit.covariance.times(trend.T).T
    of_trend = with_trend @ trend.T
    errors = fit.covariance.draws(_enough_draws(len(fit.parameters), setup.comparisons), setup.params.seed)
    n = len(setup.observations)
    g, variance, draws = np.ones(n), np.zeros(n), np.zeros((n, errors.shape[1]))
    for rows, i, part, scale, relative in _chunks(setup, fit):
        g[rows], draws[rows] = scale, relative @ errors[part]
        x = _common(setup, rows)
        own = np.einsum("ij,ij->i", relative @ fit.covariance.blocks[i], relative)
        cross = np.einsum("ij,ij->i", relative @ with_trend[:, part].T, x)
        shared = np.einsum("ij,ij->i", x @ of_trend, x)
        variance[rows] = scale**2 * np.maximum(own - 2 * cross + shared, 0.0)
    return Evaluated(g, variance, draws)


def _enough_draws(parameters: int, comparisons: int) -> int:
    """Draws that tell the freedom of P parameters, P / comparisons of all variances, where it matters.

    The mean square of n draws is sure to sqrt(2 / n P) of itself.
    """
    wanted = 2 * parameters / (_NEGLIGIBLE * max(comparisons, 1)) ** 2
    return int(np.clip(np.ceil(wanted), _LEAST_DRAWS, _MOST_DRAWS))


def _trend(setup: Setup, fit: Fit, information: np.ndarray) -> np.ndarray:
    squares, products = np.zeros((2, 2)), np.zeros((2, len(fit.parameters)))
    for rows, _, part, _, relative in _chunks(setup, fit):
        x = _common(setup, rows)
        weighted = (information[rows, None] * x).T
        squares += weighted @ x
        products[:, part] += weighted @ relative
    return np.linalg.lstsq(squares, products, rcond=1e-12)[0]


def _common(setup: Setup, rows: np.ndarray) -> np.ndarray:
    """(n, 2): 1 and 1 / d^2."""
    return np.column_stack([np.ones(len(rows)), setup.observations.d[rows] ** -2.0])


def _chunks(setup: Setup, fit: Fit) -> Iterator[tuple[np.ndarray, int, slice, np.ndarray, np.ndarray]]:
    """Chunk by chunk: observations, their sweep and the place of its parameters, g (n,), and d ln g / dp (n, P)."""
    for i, rows in enumerate(rows_of_each(setup.observations.experiment, len(setup.experiments))):
        part = setup.layout.sweeps[i]
        parameters = fit.parameters[part]
        least = 1e-3 * abs(fit.parameters[setup.layout.components(i)["scale"]].mean())
        for start in range(0, len(rows), _OBSERVATIONS_AT_ONCE):
            own = rows[start : start + _OBSERVATIONS_AT_ONCE]
            sweep = build(setup, i, own)
            scale = np.maximum(sweep.scale(parameters), least)
            yield own, i, part, scale, sweep.relative_derivatives(parameters)
