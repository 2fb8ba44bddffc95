"""The incident beam."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gnomon.models.model import Model


def _vector(*values: float) -> Any:
    return field(default_factory=lambda: np.array(values))


@dataclass(frozen=True, eq=False)
class Beam(Model):
    """Direction (unit vector, sample to source), wavelength (Å), polarisation and probe.

    The polarisation fraction is in the sense of XDS: 0.5 is unpolarised.
    """

    direction: np.ndarray = _vector(0.0, 0.0, 1.0)
    wavelength: float = 1.0
    divergence: float = 0.0  # degrees
    sigma_divergence: float = 0.0  # degrees
    polarization_normal: np.ndarray = _vector(0.0, 1.0, 0.0)
    polarization_fraction: float = 0.999
    flux: float = 0.0
    transmission: float = 1.0
    probe: str = "x-ray"
    sample_to_source_distance: float = 0.0  # mm
    s0_at_scan_points: np.ndarray | None = None  # (n + 1, 3), 1/Å
    extra: Mapping[str, Any] = field(default_factory=dict)  # keys of the file that gnomon does not use

    @property
    def s0(self) -> np.ndarray:
        """The incident wave vector, (3,), 1/Å: ``-direction / wavelength``."""
        return -self.direction / self.wavelength

    def with_s0(self, s0: np.ndarray) -> Beam:
        """A beam with this wave vector (1/Å), all else alike."""
        length = float(np.linalg.norm(s0))
        return replace(self, direction=-np.asarray(s0) / length, wavelength=1.0 / length)
