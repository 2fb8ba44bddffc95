"""Scaling models: named components of parameters, and how they were configured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gnomon.models.model import Model


@dataclass(frozen=True, eq=False)
class ScalingComponent:
    """Parameters of one factor of the scale, with their standard uncertainties."""

    parameters: np.ndarray
    null_value: float = 0.0
    sd: np.ndarray | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)  # bin grids of array models


@dataclass(frozen=True, eq=False)
class ScalingModel(Model):
    """``kind`` is physical, KB, array or dose_decay; ``configuration`` is the file's configuration_parameters."""

    kind: str
    components: Mapping[str, ScalingComponent]
    configuration: Mapping[str, Any]
    is_scaled: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)
