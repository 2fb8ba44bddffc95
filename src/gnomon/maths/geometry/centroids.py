"""From observed centroids in pixels to rays and reciprocal lattice points, under the geometry of now."""

from __future__ import annotations

import numpy as np

from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections


def observed_rays(experiment: Experiment, panel: np.ndarray, xyz_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Diffracted wave vectors s1 (N, 3), 1/Å, and centroids (N, 3) in mm, mm, rad.

    panel: (N,); xyz_px: (N, 3) pixels and images. For stills the angle is 0.
    """
    mm = experiment.detector.pixel_to_mm(panel, xyz_px[:, :2])
    ray = experiment.detector.lab_coordinates(panel, mm)
    s1 = ray / np.linalg.norm(ray, axis=1, keepdims=True) / experiment.beam.wavelength
    scan = experiment.scan
    phi = np.zeros(len(mm)) if scan is None else np.deg2rad(scan.phi_at(xyz_px[:, 2]))
    return s1, np.column_stack([mm, phi])


def rotate_back(experiment: Experiment, s: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """The points ``s`` (N, 3), 1/Å in the laboratory at angles ``phi`` (N,) rad, turned back to phi = 0.

    Inverts h_lab = S R(axis, phi) F A hkl up to ``A hkl`` (Rodrigues' formula for R).
    """
    goniometer = experiment.goniometer
    if goniometer is None:
        return s.copy()
    s = s @ goniometer.setting_rotation  # rows times S = S^T applied to columns
    axis = goniometer.rotation_axis
    cosine, sine = np.cos(-phi)[:, None], np.sin(-phi)[:, None]
    turned = s * cosine + np.cross(axis, s) * sine + axis * (s @ axis)[:, None] * (1 - cosine)
    return turned @ goniometer.fixed_rotation


def map_centroids(experiments: Experiments, reflections: Reflections) -> Reflections:
    """The table with ``s1``, ``rlp``, ``xyzobs.mm.value`` and ``xyzobs.mm.variance`` from ``xyzobs.px.*``.

    Rows whose ``id`` names no experiment get zeros.
    """
    n = len(reflections)
    s1, rlp, mm, variance = (np.zeros((n, 3)) for _ in range(4))
    each = reflections.by_experiment()
    for i, experiment in enumerate(experiments):
        rows = each[i]
        panel = reflections["panel"][rows].astype(np.intp)
        s1[rows], mm[rows] = observed_rays(experiment, panel, reflections["xyzobs.px.value"][rows])
        rlp[rows] = rotate_back(experiment, s1[rows] - experiment.beam.s0, mm[rows, 2])
        width = 0.0 if experiment.scan is None else np.deg2rad(experiment.scan.oscillation[1])
        scale = np.column_stack([experiment.detector.pixel_sizes[panel], np.full(len(panel), width)])
        variance[rows] = reflections["xyzobs.px.variance"][rows] * scale**2
    return reflections.with_columns({"s1": s1, "rlp": rlp, "xyzobs.mm.value": mm, "xyzobs.mm.variance": variance})
