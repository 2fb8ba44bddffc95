"""The parameters of a detector: rigid bodies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.geometry.rotation_vectors import cross_matrix, left_jacobian, rotation_matrix
from gnomon.maths.geometry_fit.module_block import ModuleBlock
from gnomon.maths.geometry_fit.options import FitOptions
from gnomon.models.detector import Detector

POSITION, ORIENTATION, DISTANCE = "position", "orientation", "distance"
MOTIONS = ("shift fast (mm)", "shift slow (mm)", "shift normal (mm)", "turn x (rad)", "turn y (rad)", "turn z (rad)")


@dataclass(frozen=True)
class DetectorBlock:
    """Each body (all panels, or each its own) moves by three shifts (mm) and a rotation vector (rad).

    Shifts are along the body's fast, slow and normal; it turns about its centre, so that a turn is not also a shift.
    The parameters of modules, where they are refined, follow those of the bodies.
    """

    detector: Detector
    bodies: tuple[np.ndarray, ...]  # panel numbers
    bases: np.ndarray  # (n_bodies, 3, 3), columns fast, slow, normal
    centres: np.ndarray  # (n_bodies, 3), mm
    free: np.ndarray  # (k,) of the six motions of each body
    rigid_sigma: np.ndarray  # (n_rigid,), prior standard deviations of the bodies' motions
    modules: ModuleBlock | None = None

    @classmethod
    def of(cls, detector: Detector, options: FitOptions, modules: ModuleBlock | None = None) -> DetectorBlock:
        """The block of ``detector``."""
        fixed, priors = options.detector_fixed, options.priors
        bodies = (
            tuple(np.array([i]) for i in range(len(detector))) if options.per_panel else (np.arange(len(detector)),)
        )
        stops = (POSITION, POSITION, POSITION, ORIENTATION, ORIENTATION, ORIENTATION)
        free = [i for i, stop in enumerate(stops) if stop not in fixed and "all" not in fixed]
        if DISTANCE in fixed and 2 in free:
            free.remove(2)
        tilt = np.deg2rad(priors.detector_tilt)
        sigma = np.array([priors.shift, priors.shift, priors.distance, tilt, tilt, tilt])
        bases = np.array([_basis(detector, body) for body in bodies])
        centres = np.array([_centre(detector, body) for body in bodies])
        rigid = np.tile(sigma[free], len(bodies))
        return cls(detector, bodies, bases, centres, np.array(free, np.intp), rigid, modules)

    @property
    def sigma(self) -> np.ndarray:
        """(n,) prior standard deviations."""
        return self.rigid_sigma if self.modules is None else np.concatenate([self.rigid_sigma, self.modules.sigma])

    @property
    def names(self) -> tuple[str, ...]:
        """What each parameter is, with its unit."""
        rigid = tuple(f"detector body {b} {MOTIONS[i]}" for b in range(len(self.bodies)) for i in self.free)
        return rigid if self.modules is None else rigid + self.modules.names

    @property
    def n_rigid(self) -> int:
        """How many parameters are those of bodies."""
        return len(self.rigid_sigma)

    def frames(self, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Frames (n_panels, 3, 3), columns fast, slow, origin, and derivatives (n_rigid, n_panels, 3, 3) at ``p``."""
        frames, k = self.detector.frames.copy(), len(self.free)
        slopes = np.zeros((self.n_rigid, *frames.shape))
        for b, (body, basis, centre) in enumerate(zip(self.bodies, self.bases, self.centres)):
            six = np.zeros(6)
            six[self.free] = p[b * k : (b + 1) * k]
            turned = rotation_matrix(six[3:]) @ (frames[body] - _at_origin(centre))
            frames[body] = turned + _at_origin(centre + basis @ six[:3])
            shifts = [np.broadcast_to(_at_origin(column), turned.shape) for column in basis.T]
            turns = [cross_matrix(column) @ turned for column in left_jacobian(six[3:]).T]
            motions = np.array(shifts + turns)[self.free]
            slopes[b * k : (b + 1) * k, body] = motions
        return frames, slopes

    def apply(self, p: np.ndarray) -> Detector:
        """The detector at ``p``."""
        detector = self.detector.with_frames(self.frames(p)[0]) if self.n_rigid else self.detector
        return detector if self.modules is None else self.modules.apply(p[self.n_rigid :], detector)


def _at_origin(v: np.ndarray) -> np.ndarray:
    """(3, 3) with ``v`` as the column of the origin."""
    return np.column_stack([np.zeros(3), np.zeros(3), v])


def _basis(detector: Detector, body: np.ndarray) -> np.ndarray:
    """(3, 3) orthonormal columns near the mean fast, slow and normal of the panels (polar decomposition)."""
    frames, normals = detector.frames[body], detector.normals[body]
    mean = np.column_stack([frames[:, :, 0].mean(0), frames[:, :, 1].mean(0), normals.mean(0)])
    left, _, right = np.linalg.svd(mean)
    return left @ right


def _centre(detector: Detector, body: np.ndarray) -> np.ndarray:
    """(3,) mm: the mean of the panels' centres."""
    half = detector.image_sizes[body] * detector.pixel_sizes[body] / 2
    return np.mean([detector.lab_coordinates(i, xy[None])[0] for i, xy in zip(body, half)], axis=0)
