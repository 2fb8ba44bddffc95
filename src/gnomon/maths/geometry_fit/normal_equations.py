"""Normal equations in blocks: crystals meet only through the beams and detectors that they share.

With C_c the block of crystal c, E_c its coupling to the shared parameters and G their own block, the shared
shifts solve (G - sum E_c^T C_c^-1 E_c) x = g - sum E_c^T C_c^-1 v_c (Schur complement), and each crystal's follow:
the cost is linear in the number of crystals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.geometry_fit.model import State
from gnomon.maths.geometry_fit.module_block import N_LOCAL
from gnomon.maths.geometry_fit.residuals import Gradients, Prediction, Problem


@dataclass(frozen=True)
class Normal:
    """J^T W J in blocks and the gradient J^T W r."""

    shared: np.ndarray  # (n_shared, n_shared)
    own: tuple[np.ndarray, ...]  # a crystal: (n_c, n_c)
    coupling: tuple[np.ndarray, ...]  # a crystal: (n_c, n_shared)
    gradient: np.ndarray  # (n,)

    @property
    def diagonal(self) -> np.ndarray:
        """(n,) of the whole matrix."""
        return np.concatenate([np.diagonal(self.shared), *(np.diagonal(C) for C in self.own)])

    def plus_diagonal(self, extra: np.ndarray) -> Normal:
        """The same with ``extra`` (n,) added to the diagonal."""
        n = len(self.shared)
        ends = n + np.cumsum([0, *(len(C) for C in self.own)])
        own = tuple(C + np.diag(extra[a:b]) for C, a, b in zip(self.own, ends, ends[1:]))
        return Normal(self.shared + np.diag(extra[:n]), own, self.coupling, self.gradient)

    def _reduced(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """The Schur complement of the crystals, and C^-1 E of each."""
        eliminated = [np.linalg.solve(C, E) for C, E in zip(self.own, self.coupling)]
        return self.shared - sum(
            (E.T @ X for E, X in zip(self.coupling, eliminated)), np.zeros_like(self.shared)
        ), eliminated

    def solve(self) -> np.ndarray:
        """(n,) the shift -N^-1 gradient."""
        n = len(self.shared)
        S, eliminated = self._reduced()
        parts = np.split(self.gradient[n:], np.cumsum([len(C) for C in self.own])[:-1])
        right = self.gradient[:n] - sum((X.T @ g for X, g in zip(eliminated, parts)), np.zeros(n))
        x = np.linalg.solve(S, right)
        own = [np.linalg.solve(C, g) - X @ x for C, g, X in zip(self.own, parts, eliminated)]
        return -np.concatenate([x, *own])

    def covariances(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """Blocks of the inverse: that of the shared parameters, and each crystal's own."""
        S, eliminated = self._reduced()
        shared = np.linalg.inv(S)
        return shared, [np.linalg.inv(C) + X @ shared @ X.T for C, X in zip(self.own, eliminated)]


@dataclass(frozen=True)
class Segment:
    """Observations of one experiment that touch the same parameters of its crystal, on one module."""

    rows: np.ndarray  # (N,)
    crystal: int
    columns: np.ndarray  # (k n_local + 3 m + 2,) of the crystal's own parameters, then those of path and circle
    weight: np.ndarray  # (N, k) of the k checkpoints; ones for a static crystal
    wander: np.ndarray  # (N, m) of the m checkpoints of the path; none where that is held


def _varying_segments(problem: Problem, rows: np.ndarray, crystal: int) -> list[Segment]:
    """Pieces of a scan. Between two points of the grid up to four checkpoints have a weight."""
    block = problem.model.crystals[crystal]
    weight, none = problem.on_grid(block.grid_design, crystal, rows), np.zeros((len(rows), 0))
    return [
        Segment(rows[which], crystal, block.columns(0, near), weight[which][:, near], none[which])
        for which, near in _pieces(weight, 4)
    ]


def _pieces(weight: np.ndarray, most: int) -> Iterator[tuple[np.ndarray, range]]:
    """Rows of ``weight`` (N, n) that touch the same ``most`` checkpoints, or fewer, and which these are."""
    k = min(most, weight.shape[1])
    first = np.minimum((weight > 0).argmax(axis=1), weight.shape[1] - k)
    for start in np.unique(first):
        yield np.flatnonzero(first == start), range(start, start + k)


def _path_segments(problem: Problem, e: int, crystal: int) -> list[Segment]:
    """Pieces of the scan of an experiment whose crystal goes on turning along its path."""
    model, (rows, design) = problem.model, problem.free[e]
    own = model.crystals[crystal].columns(model.mount_of[e])
    start, found = model.path_slices[e].start - model.crystal_slices[crystal].start, []
    for which, near in _pieces(design, 3):
        columns = np.r_[own, start + 3 * near.start : start + 3 * near.stop]
        found.append(Segment(rows[which], crystal, columns, np.ones((len(which), 1)), design[which][:, near]))
    return found


def segments(problem: Problem) -> list[Segment]:
    """All observations, experiment by experiment."""
    found = []
    for e, _ in problem.each:
        rows, c = problem.each.array(e), int(problem.model.crystal_of[e])
        block = problem.model.crystals[c]
        if e in problem.free:
            found += _path_segments(problem, e, c)
        elif block.smoother is None:
            ones, none = np.ones((len(rows), 1)), np.zeros((len(rows), 0))
            found.append(Segment(rows, c, block.columns(problem.model.mount_of[e]), ones, none))
        else:
            found += _varying_segments(problem, rows, c)
    if problem.model.circles:
        found = [_with_circle(problem, segment) for segment in found]
    return [piece for segment in found for piece in _by_module(problem, segment)]


def _with_circle(problem: Problem, segment: Segment) -> Segment:
    """The segment with the parameters of the circle on which its crystal goes."""
    place = problem.model.circle_slices[problem.obs.experiment[segment.rows[0]]]
    own = np.arange(place.start, place.stop) - problem.model.crystal_slices[segment.crystal].start
    return replace(segment, columns=np.r_[segment.columns, own])


def _by_module(problem: Problem, segment: Segment) -> list[Segment]:
    """The segment in pieces, one a module, where modules are refined."""
    module = problem.module[segment.rows]
    pieces = [np.flatnonzero(module == m) for m in np.unique(module)]
    return [
        replace(segment, rows=segment.rows[which], weight=segment.weight[which], wander=segment.wander[which])
        for which in pieces
    ]


def _crystal_rows(problem: Problem, state: State, gradients: Gradients, segment: Segment) -> np.ndarray:
    """(N, 3, k n_local) derivatives by the crystal's parameters, its path apart."""
    rows = segment.rows
    dA = problem.on_grid(state.A[segment.crystal][1], segment.crystal, rows)
    motion = np.einsum("npij,nj->nip", dA, problem.obs.hkl[rows])
    local = gradients.point[rows] @ motion
    if segment.weight.shape[1] == 1:
        return local
    return (segment.weight[:, None, :, None] * local[:, :, None]).reshape(len(rows), 3, -1)


def _path_rows(turning: np.ndarray, segment: Segment) -> np.ndarray:
    """(N, 3, 3 m) derivatives by the turns of the path, right as far as these are small against a radian."""
    along = segment.wander[:, None, :, None] * turning[segment.rows][:, :, None]
    return along.reshape(len(segment.rows), 3, -1)


def _circle_rows(problem: Problem, gradients: Gradients, prediction: Prediction, rows: np.ndarray) -> np.ndarray:
    """(N, 3, 2) derivatives by how far the crystal is off the spindle: it carries the ray, which turns no other way."""
    moved = prediction.v[rows, 2, None, None] * gradients.panel[rows] @ problem.round[rows]
    return np.concatenate([moved, np.zeros((len(rows), 1, moved.shape[2]))], axis=1)


def _shared_rows(
    problem: Problem, state: State, gradients: Gradients, prediction: Prediction, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3, n) derivatives by the parameters of beam, detector and module, and where those lie (n,)."""
    model, e = problem.model, problem.obs.experiment[rows[0]]
    b, d = model.beam_of[e], model.detector_of[e]
    by_beam = gradients.beam[rows] @ problem.of_beam(state.s0[b][1], e, rows).swapaxes(-1, -2)
    dd = state.frames[d][1][:, problem.obs.panel[rows]]  # (n, N, 3, 3)
    moved = np.einsum("pnij,nj->nip", dd, prediction.v[rows])
    by_detector = np.concatenate([-gradients.panel[rows] @ moved, np.zeros((len(rows), 1, len(dd)))], axis=1)
    first, rigid = model.detector_slices[d].start, model.detectors[d].n_rigid
    where = np.r_[model.beam_slices[b], first : first + rigid]
    if model.detectors[d].modules is None:
        return np.concatenate([by_beam, by_detector], axis=2), where
    place = first + rigid + N_LOCAL * problem.module[rows[0]]
    parts = [by_beam, by_detector, _module_rows(problem, rows)]
    return np.concatenate(parts, axis=2), np.r_[where, place : place + N_LOCAL]


def _module_rows(problem: Problem, rows: np.ndarray) -> np.ndarray:
    """(N, 3, 3) derivatives by the shifts and the turn of a module: what was observed moves against them.

    That the parallax changes on the way is left out: by 1e-3 of it.
    """
    out = np.zeros((len(rows), 3, N_LOCAL))
    out[:, 0, 0] = out[:, 1, 1] = 1.0
    out[:, :2, 2] = problem.lever[rows]
    return out * problem.obs.unit[rows][:, :, None]


def jacobian_blocks(
    problem: Problem, state: State, prediction: Prediction
) -> Iterator[tuple[Segment, np.ndarray, np.ndarray]]:
    """For each segment: itself, the places of its shared parameters (s,) and the Jacobian (N, 3, own + s)."""
    gradients = problem.gradients(prediction)
    turning = problem.turning(state, gradients) if problem.free else None
    for segment in segments(problem):
        parts = [_crystal_rows(problem, state, gradients, segment)]
        if turning is not None and segment.wander.size:
            parts.append(_path_rows(turning, segment))
        if problem.model.circles:
            parts.append(_circle_rows(problem, gradients, prediction, segment.rows))
        by_shared, where = _shared_rows(problem, state, gradients, prediction, segment.rows)
        yield segment, where, np.concatenate([*parts, by_shared], axis=2)


def assemble(problem: Problem, state: State, prediction: Prediction, residuals: np.ndarray) -> Normal:
    """The normal equations at a prediction with these ``residuals`` (N, 3)."""
    model, n = problem.model, problem.model.n_shared
    shared, gradient = np.zeros((n, n)), np.zeros(len(model.sigma))
    sizes = [s.stop - s.start for s in model.crystal_slices]
    own, coupling = [np.zeros((size, size)) for size in sizes], [np.zeros((size, n)) for size in sizes]
    root = 1 / problem.obs.sigma
    for segment, where, jacobian in jacobian_blocks(problem, state, prediction):
        rows, c, k = segment.rows, segment.crystal, len(segment.columns)
        J = (jacobian * root[rows][:, :, None]).reshape(-1, jacobian.shape[2])
        right = J.T @ (residuals[rows] * root[rows]).ravel()
        N = J.T @ J
        own[c][np.ix_(segment.columns, segment.columns)] += N[:k, :k]
        coupling[c][np.ix_(segment.columns, where)] += N[:k, k:]
        shared[np.ix_(where, where)] += N[k:, k:]
        gradient[where] += right[k:]
        gradient[model.crystal_slices[c].start + segment.columns] += right[:k]
    return Normal(shared, tuple(own), tuple(coupling), gradient)
