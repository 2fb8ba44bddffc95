"""Factors that turn counts into squared amplitudes; written as columns and applied by scaling."""

from __future__ import annotations

import numpy as np

from gnomon.maths.polarisation import polarisation_factor
from gnomon.models.experiment import Experiment


def lorentz_polarisation(experiment: Experiment, s1: np.ndarray) -> np.ndarray:
    """(N,) L / P, by which an intensity is multiplied, for wave vectors s1 (N, 3).

    1 / Lorentz = |s1 . (m2 x s0)| / (|s0| |s1|); Kabsch 1988, J. Appl. Cryst. 21, 916. Electrons have P = 1.
    """
    beam = experiment.beam
    s0 = beam.s0 / np.linalg.norm(beam.s0)
    ray = s1 / np.linalg.norm(s1, axis=1, keepdims=True)
    speed = np.abs(ray @ np.cross(experiment.needed_goniometer.lab_axis, s0))
    return speed if beam.probe == "electron" else speed / polarisation_factor(beam, s1)


def quantum_efficiency(experiment: Experiment, panel: np.ndarray, s1: np.ndarray) -> np.ndarray:
    """(N,) share of rays s1 (N, 3) that the sensor absorbs: 1 - exp(-mu t / |cos|); 1 where it is not known."""
    detector = experiment.detector
    mu = np.array([p.mu for p in detector.panels])[panel]
    thickness = np.array([p.thickness for p in detector.panels])[panel]
    ray = s1 / np.linalg.norm(s1, axis=1, keepdims=True)
    cosine = np.abs(np.einsum("ij,ij->i", ray, detector.normals[panel]))
    known = (mu > 0) & (thickness > 0)
    return np.where(known, 1 - np.exp(-mu * thickness / np.maximum(cosine, 1e-6)), 1.0)
