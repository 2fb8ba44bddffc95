"""A scaling model on some of its images: the same curves, through checkpoints of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gnomon.maths.numerics.smoother import Smoother
from gnomon.models.scaling_model import ScalingComponent, ScalingModel
from gnomon.models.scan import Scan

_CURVES = {"scale": ("s_norm_fac", "scale_rot_interval"), "decay": ("d_norm_fac", "decay_rot_interval")}
_NORM = 0.999  # of DIALS: the last image lies just within the last interval
_PER_INTERVAL = 20


def sliced_scaling(model: ScalingModel, scan: Scan, first: int, last: int) -> ScalingModel | None:
    """The model for images ``first`` to ``last`` of ``scan``; None for kinds that cannot be cut.

    Checkpoints of the cut curve do not fall on those of the whole: they are fitted to it (least squares), which
    keeps the scale within 1 %; uncertainties are taken from the curve at their place.
    """
    if model.kind == "KB":
        return model
    if model.kind != "physical" or not {"s_norm_fac", "d_norm_fac"} & set(model.configuration):
        return None
    components, configuration = dict(model.components), dict(model.configuration)
    for name, (factor, interval) in _CURVES.items():
        if name in components and factor in configuration:
            spacing = _NORM / configuration[factor]
            components[name], spacing = _cut(components[name], spacing, first - scan.image_range[0], last - first + 1)
            configuration |= {factor: _NORM / spacing, interval: spacing * abs(scan.oscillation[1])}
    return replace(model, components=components, configuration=configuration | _ranges(scan, first, last))


def _ranges(scan: Scan, first: int, last: int) -> dict[str, Any]:
    z = np.array([first - 1, last])
    return {"valid_image_range": [first, last], "valid_osc_range": [float(phi) for phi in scan.phi_at(z)]}


def _cut(component: ScalingComponent, spacing: float, start: int, n: int) -> tuple[ScalingComponent, float]:
    """The component for ``n`` images from ``start`` on, and its spacing in images."""
    p = component.parameters
    whole = Smoother(0.0, spacing, len(p) - 1 if len(p) <= 3 else len(p) - 2)
    part = Smoother.over(0.0, float(n), spacing)
    z = np.linspace(0, n, _PER_INTERVAL * part.n_parameters + 1)
    fitted = np.linalg.lstsq(part.design(z), whole.design(z + start) @ p, rcond=None)[0]
    sd = component.sd
    if sd is not None and len(sd) == len(p):
        sd = whole.design(np.clip(part.positions + start, 0, spacing * whole.n_intervals)) @ sd
    return replace(component, parameters=fitted, sd=sd), part.spacing
