"""Scaling models on disk."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnomon.io.expt_models.fields import Fields, flat
from gnomon.models.scaling_model import ScalingComponent, ScalingModel


def from_json(content: Any) -> ScalingModel:
    """The model: every object that holds ``parameters`` is a component."""
    f = Fields("scaling_model", content)
    kind, is_scaled = f.text("__id__"), bool(f.take("is_scaled", False))
    configuration = f.mapping("configuration_parameters")
    names = [name for name, value in f.rest.items() if isinstance(value, dict) and "parameters" in value]
    components = {name: _component(name, f.take(name)) for name in names}
    return ScalingModel(kind, components, configuration, is_scaled, f.rest)


def to_json(model: ScalingModel) -> dict[str, Any]:
    """The keys of DIALS."""
    components = {name: _component_to_json(c) for name, c in model.components.items()}
    return {
        "__id__": model.kind,
        "is_scaled": model.is_scaled,
        **components,
        "configuration_parameters": dict(model.configuration),
        **model.extra,
    }


def _component(name: str, content: Any) -> ScalingComponent:
    f = Fields(f"scaling model component {name}", content)
    parameters, sd = f.array("parameters", (-1,)), f.array("est_standard_devs", (-1,), None)
    if not len(parameters):
        raise f.wrong("parameters", [], "one number or more")
    f.take("n_parameters", None)
    return ScalingComponent(parameters, f.number("null_parameter_value", 0.0), sd, f.rest)


def _component_to_json(component: ScalingComponent) -> dict[str, Any]:
    content = {
        "n_parameters": len(component.parameters),
        "parameters": flat(component.parameters),
        "null_parameter_value": component.null_value,
        **component.extra,
    }
    sd = np.zeros(0) if component.sd is None else component.sd
    return {**content, "est_standard_devs": flat(sd)}
