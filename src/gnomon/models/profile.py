"""Spot profile models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gnomon.models.model import Model


@dataclass(frozen=True, eq=False)
class GaussianProfile(Model):
    """The Gaussian of Kabsch's reciprocal-space frame: sigma_b across, sigma_m along the rotation (degrees)."""

    sigma_b: float | np.ndarray
    sigma_m: float | np.ndarray
    n_sigma: float = 3.0
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class OpaqueModel(Model):
    """A model gnomon carries from file to file without looking inside (an ellipsoid profile, for example)."""

    content: Mapping[str, Any]
