"""Predicted minus observed centroids, and their derivatives by what predicts them.

In the laboratory r(phi) = R(e, phi) M A h with the axis e = S m and M = S F. Where f = |s0 + r|^2 - |s0|^2 stays 0,
a change dr of the point, or ds0 of the beam, is followed by dphi = -(s1 . dr + r . ds0) / (s1 . (e x r)), and the
ray turns by ds1 = ds0 + dr + (e x r) dphi (Waterman et al. 2016, Acta D72, 558, section 2.4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.geometry.ewald import crossing_angles, interpolated, rotate
from gnomon.maths.geometry.rotation_vectors import cross_matrix, rotation_matrix
from gnomon.maths.geometry_fit.model import Model, State
from gnomon.maths.geometry_fit.observations import Observations
from gnomon.models.by_experiment import Rows, RowsByExperiment


@dataclass(frozen=True)
class Prediction:
    """N predicted reflections, and what their derivatives are made from."""

    r: np.ndarray  # (N, 3) the point at its crossing, 1/Å
    s1: np.ndarray  # (N, 3)
    phi: np.ndarray  # (N,), rad
    v: np.ndarray  # (N, 3): D s1, so that (v0 / v2, v1 / v2) is on the panel, mm
    D: np.ndarray  # (N, 3, 3)
    M: np.ndarray  # (N, 3, 3): r turned back by phi is M A h
    u: np.ndarray  # (N, 3): D x, with x (mm) where the crystal is: rays start there

    @property
    def mm(self) -> np.ndarray:
        """(N, 2), nan where the ray points away from the panel."""
        reach = np.where(self.v[:, 2:] > 0, (1 - self.u[:, 2:]) / self.v[:, 2:], np.nan)
        return self.u[:, :2] + reach * self.v[:, :2]


@dataclass(frozen=True)
class Gradients:
    """Derivatives of (x mm, y mm, phi rad) by the point, the beam and the panel's frame."""

    point: np.ndarray  # (N, 3, 3): by M^-1 R^-1 r, that is by A h
    beam: np.ndarray  # (N, 3, 3): by s0
    panel: np.ndarray  # (N, 2, 3): of x and y by the ray; times -v for the columns of the frame


class Problem:
    """The observations in the order of experiments, with what does not change during a fit gathered for each."""

    def __init__(self, model: Model, observations: Observations) -> None:
        self.model, self.obs = model, observations
        experiments, number = model.experiments, observations.experiment
        goniometers = [e.needed_goniometer for e in experiments]
        self.each = RowsByExperiment(number)
        self.axis = np.array([g.lab_axis for g in goniometers])[number]
        self.M = np.array([g.setting_rotation @ g.fixed_rotation for g in goniometers])[number]
        self.free = self._follow_paths()
        self.round = self._circles()
        firsts = np.cumsum([0, *(len(d.detector) for d in model.detectors)])
        self.panel = firsts[model.detector_of[number]] + observations.panel
        self.crystal = model.crystal_of[number]
        self._of_crystal = RowsByExperiment(self.crystal)
        self._of_detector = RowsByExperiment(model.detector_of[number])
        self.module, self.lever = self._places()

    def _follow_paths(self) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """Crystals that keep varying along their scan turn and swell as if mounted so.

        Of experiments whose crystals go on turning: the rows (n,) and the weights of the checkpoints (n, checkpoints).
        """
        free = {}
        for e, path in enumerate(self.model.paths):
            if path is not None:
                rows = self.each.array(e)
                z = self.obs.px[rows, 2]
                self.M[rows] = self.M[rows] @ interpolated(path.path, path.first, z)
                if path.smoother is not None:
                    free[e] = (rows, path.smoother.design(z))
        return free

    def _circles(self) -> np.ndarray:
        """(N, 3, 2) derivatives of where the crystal is by how far it is off the spindle; zero where it is on it."""
        out = np.zeros((len(self.obs), 3, 2))
        for e, circle in enumerate(self.model.circles):
            rows = self.each[e]
            out[rows] = circle.design(self.obs.phi[rows])
        return out

    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """The module (N,) of each observation, -1 where these are not refined, and its lever (N, 2)."""
        module, lever = np.full(len(self.obs), -1), np.zeros((len(self.obs), 2))
        for i, block in enumerate(self.model.detectors):
            if block.modules is not None:
                rows = self._of_detector[i]
                module[rows], lever[rows] = block.modules.places(self.obs.panel[rows], self.obs.px[rows, :2])
        return module, lever

    def on_grid(self, values: np.ndarray, crystal: int, rows: Rows) -> np.ndarray:
        """Values (N, ...) at the observations ``rows`` (N,) from those at one crystal's mounts or grid (g, ...)."""
        grid = self.model.crystals[crystal].grid
        if grid is None:
            return values[self.model.mount_of[self.obs.experiment[rows]]]
        return interpolated(values, 0, (self.obs.px[rows, 2] - grid[0]) / (grid[1] - grid[0]))

    def _mounts(self, state: State) -> np.ndarray:
        """(N, 3, 3) M, by which A h is turned before the spindle turns it."""
        if not self.free:
            return self.M
        M = self.M.copy()
        for e, (rows, design) in self.free.items():
            M[rows] = M[rows] @ rotation_matrix(design @ state.wander[e])
        return M

    def _points(self, state: State) -> np.ndarray:
        """(N, 3) A h."""
        Ah = np.empty((len(self.obs), 3))
        for c, (A, _) in enumerate(state.A):
            rows = self._of_crystal[c]
            Ah[rows] = (self.on_grid(A, c, rows) @ self.obs.hkl[rows, :, None])[..., 0]
        return Ah

    def predict(self, state: State) -> Prediction:
        """Where each reflection is predicted; nan where it never crosses."""
        s0 = self._wave_vectors(state)
        M = self._mounts(state)
        r0 = (M @ self._points(state)[:, :, None])[..., 0]
        phi = crossing_angles(r0, s0, self.axis, self.obs.entering, self.obs.phi)
        r = rotate(self.axis, phi, r0)
        D = np.linalg.inv(np.concatenate([frames for frames, _ in state.frames]))[self.panel]
        s1 = s0 + r
        return Prediction(r, s1, phi, (D @ s1[:, :, None])[..., 0], D, M, (D @ self._starts(state)[:, :, None])[..., 0])

    def _wave_vectors(self, state: State) -> np.ndarray:
        """(N, 3) s0; along its scan, as it is where each was observed."""
        out = np.empty((len(self.obs), 3))
        for e, rows in self.each:
            out[rows] = self.of_beam(state.s0[self.model.beam_of[e]][0], e, rows)
        return out

    def of_beam(self, values: np.ndarray, experiment: int, rows: Rows) -> np.ndarray:
        """Values (N, ...) at the observations ``rows`` (N,) of an experiment from those of its beam.

        The same for all where the beam stands still: (...); else by where they were observed: (images + 1, ...).
        """
        block = self.model.beams[self.model.beam_of[experiment]]
        return values if block.path is None else interpolated(values, block.first, self.obs.px[rows, 2])

    def _starts(self, state: State) -> np.ndarray:
        """(N, 3) mm, where the crystal is."""
        if not state.circles:
            return np.zeros((len(self.obs), 3))
        return (self.round @ np.array(state.circles)[self.obs.experiment][:, :, None])[..., 0]

    def observed_mm(self, state: State) -> np.ndarray:
        """(N, 2) observed positions through the detector of now: parallax and modules move with it."""
        out = np.empty((len(self.obs), 2))
        for i, (block, (frames, _)) in enumerate(zip(self.model.detectors, state.frames)):
            rows = self._of_detector[i]
            px = self.obs.px[rows, :2]
            if block.modules is not None:
                px = px - block.modules.offsets(state.modules[i], self.module[rows], self.lever[rows])
            detector = block.detector.with_frames(frames) if block.detector.parallax.any() else block.detector
            out[rows] = detector.pixel_to_mm(self.obs.panel[rows], px)
        return out

    def residuals(self, state: State, prediction: Prediction) -> np.ndarray:
        """(N, 3) predicted minus observed: mm, mm, rad."""
        return np.column_stack([prediction.mm - self.observed_mm(state), prediction.phi - self.obs.phi])

    def turning(self, state: State, gradients: Gradients) -> np.ndarray:
        """(N, 3, 3) derivatives of (x mm, y mm, phi rad) by a rotation vector of the crystal at angle zero."""
        return -gradients.point @ cross_matrix(self._points(state))

    def gradients(self, prediction: Prediction) -> Gradients:
        """The derivatives at a prediction."""
        p = prediction
        turning = np.cross(self.axis, p.r)
        rate = (p.s1 * turning).sum(1)[:, None, None]
        panel = (p.D[:, :2] - p.mm[:, :, None] * p.D[:, 2:]) / p.v[:, 2, None, None]
        follow = (panel @ turning[:, :, None]) / rate  # (N, 2, 1): what a turn of phi does to x and y
        s1, r = p.s1[:, None], p.r[:, None]
        point = np.concatenate([panel - follow * s1, -s1 / rate], axis=1)
        beam = np.concatenate([panel - follow * r, -r / rate], axis=1)
        back = rotate(self.axis[:, None], -p.phi[:, None], point) @ p.M
        return Gradients(back, beam, panel)
