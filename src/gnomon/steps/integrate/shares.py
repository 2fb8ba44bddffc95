"""What each pixel of a reflection's box should record of it, by the Gaussian model of the spot alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from gnomon.models.experiment import Experiment
from gnomon.models.profile import GaussianProfile
from gnomon.models.reflections import Reflections
from gnomon.steps.integrate.widths import kabsch_frame


@dataclass(frozen=True, eq=False)
class Shares:
    """The share of the reflection that each pixel records, and where its foreground is; both (nz, ny, nx)."""

    share: np.ndarray
    foreground: np.ndarray


def shares_of(experiment: Experiment, row: Reflections, bbox: np.ndarray) -> Shares | None:
    """The shares of the pixels of ``bbox`` (6,) of the one reflection in ``row``; None without prediction or profile.

    share: the Gaussian of sigma_b over the pixel's centre times its area in Kabsch's e1, e2, times the part of the
    rocking curve of sigma_m within the image (Kabsch 2010, Acta D66, 133, sections 2 and 3).
    """
    profile = experiment.profile
    if not isinstance(profile, GaussianProfile) or "xyzcal.mm" not in row or experiment.is_still:
        return None
    x0, x1, y0, y1, z0, z1 = (int(b) for b in bbox)
    predicted, z = row["xyzcal.mm"][0], float(row["xyzcal.px"][0, 2])
    panel, detector = int(row["panel"][0]), experiment.detector
    s1 = detector.lab_coordinates(panel, predicted[None, :2])
    frame, zeta = kabsch_frame(experiment.beam.s0, s1, experiment.needed_goniometer.lab_axis)
    sigma_b, sigma_m = (np.deg2rad(_at(experiment, s, z)) for s in (profile.sigma_b, profile.sigma_m))
    y, x = np.meshgrid(np.arange(y0 - 1, y1 + 1) + 0.5, np.arange(x0 - 1, x1 + 1) + 0.5, indexing="ij")
    lab = detector.lab_coordinates(panel, detector.pixel_to_mm(panel, np.column_stack([x.ravel(), y.ravel()])))
    off = lab / np.linalg.norm(lab, axis=1)[:, None] - s1 / np.linalg.norm(s1)
    c = (off @ frame[0, :2].T / sigma_b).T.reshape(2, *x.shape)
    dy, dx = np.gradient(c, axis=(1, 2))
    area = np.abs(dx[0] * dy[1] - dx[1] * dy[0])
    square = (c**2).sum(axis=0)
    inner = (slice(1, -1), slice(1, -1))  # the rim was for the slopes
    across = (area / (2 * math.pi) * np.exp(-square / 2))[inner]
    width = np.deg2rad(abs(experiment.needed_scan.oscillation[1]))
    rocking = np.diff(ndtr(abs(zeta[0]) * width / sigma_m * (np.arange(z0, z1 + 1) - z)))
    foreground = np.broadcast_to(square[inner] <= profile.n_sigma**2, (z1 - z0, y1 - y0, x1 - x0))
    return Shares(rocking[:, None, None] * across, foreground)


def _at(experiment: Experiment, width: float | np.ndarray, z: float) -> float:
    """The width, in degrees, on the image at ``z`` of those that change along the scan."""
    values = np.atleast_1d(width)
    first = experiment.needed_scan.array_range[0]
    return float(values[int(np.clip(z - first, 0, len(values) - 1))])
