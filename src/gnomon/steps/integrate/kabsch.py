"""Kabsch's local frame of a reflection, and what moves and spreads a spot in it that no crystal does."""

from __future__ import annotations

import numpy as np

from gnomon.models.experiment import Experiment

LEAST_COSINE = 0.05
"""Rays nearer the plane of the sensor are treated as this oblique: 87 degrees, where no module is used."""


def kabsch_frame(s0: np.ndarray, s1: np.ndarray, axis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3, 3) rows e1, e2 and s1 / |s1| of Kabsch's local frame, and zeta = m2 . e1 (N,).

    e1 is along s1 x s0, e2 along s1 x e1; axis: m2, the rotation axis in the laboratory.
    Kabsch 2010, Acta D66, 133, section 2.
    """
    ray = s1 / np.linalg.norm(s1, axis=1, keepdims=True)
    e1 = np.cross(ray, s0)
    e1 /= np.maximum(np.linalg.norm(e1, axis=1, keepdims=True), 1e-12)
    return np.stack([e1, np.cross(ray, e1), ray], axis=1), e1 @ axis


def depth_spread(experiment: Experiment, panel: np.ndarray, s1: np.ndarray) -> np.ndarray:
    """(N, 2): one standard deviation, in pixels, of where photons of a ray stop in the sensor, by their depth.

    The path of a photon is exponential in mu, cut at t / cos; its variance broadens oblique spots along the ray.
    The mean of the same distribution is the parallax (Winter et al. 2018, Acta D74, 85, Appendix A).
    """
    detector = experiment.detector
    mu, thickness = detector.parallax[panel].T
    known = (mu > 0) & (thickness > 0)
    mu, thickness = np.where(known, mu, 1.0), np.where(known, thickness, 1.0)
    ray = s1 / np.linalg.norm(s1, axis=1, keepdims=True)
    path = thickness / np.maximum(np.abs(np.einsum("ij,ij->i", ray, detector.normals[panel])), LEAST_COSINE)
    odds = np.exp(-mu * path) / -np.expm1(-mu * path)
    mean = 1 / mu - path * odds
    variance = 2 / mu**2 - (path**2 + 2 * path / mu) * odds - mean**2
    length = np.where(known, np.sqrt(np.maximum(variance, 0.0)), 0.0)
    along = np.einsum("nij,ni->nj", detector.frames[panel][:, :, :2], ray)
    return length[:, None] * along / detector.pixel_sizes[panel]


def drift_along_e1(experiment: Experiment, s1: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """(N,) radians that a spot moves along e1 while the crystal turns by one radian (in the sense of increasing z).

    A mosaic block that diffracts tau late does so where the rotation has carried it: the mean of s1 + w x q + tau
    m2 x q over block rotations w, given tau, is s1 + tau e1 (e1 . (m2 x q)), for an isotropic mosaic spread.
    (Joint normal distribution of angle and position; compare Greenhough & Helliwell 1982, J. Appl. Cryst. 15, 338.)
    """
    q = s1 - experiment.beam.s0
    moved = np.cross(experiment.needed_goniometer.lab_axis, q)
    sense = np.sign(experiment.needed_scan.oscillation[1])
    return sense * np.einsum("ij,ij->i", frame[:, 0], moved) * experiment.beam.wavelength
