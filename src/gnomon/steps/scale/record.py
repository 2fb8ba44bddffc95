"""The scaling model as the experiment carries it, under the names of ``.expt`` files."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.scaling_model import ScalingComponent, ScalingModel
from gnomon.steps.scale.components import SweepScale
from gnomon.steps.scale.physical import SweepPlan
from gnomon.steps.scale.scaling import State
from gnomon.steps.scale.setup import Setup, sweeps_at


def with_models(setup: Setup, state: State) -> Experiments:
    """The experiments with the scaling models that came out."""
    covariance = state.fit.covariance
    variance = np.zeros(len(state.fit.parameters)) if covariance is None else covariance.diagonal
    sd = np.sqrt(np.maximum(variance, 0.0))
    found, end = [], 0
    for experiment, plan, sweep in zip(setup.experiments, setup.plans, sweeps_at(setup, np.arange(0))):
        part = slice(end, end + sweep.n_parameters)
        end = part.stop
        components = _components(sweep, state.fit.parameters[part], sd[part])
        configuration = _configuration(experiment, plan, sweep, state)
        found.append(experiment.replace(scaling_model=ScalingModel(plan.kind, components, configuration)))
    return setup.experiments.with_items(found)


def _components(sweep: SweepScale, parameters: np.ndarray, sd: np.ndarray) -> dict[str, ScalingComponent]:
    parts = zip(sweep.components, sweep.split(parameters), sweep.split(sd))
    return {c.name: ScalingComponent(p, c.null, s) for c, p, s in parts}


def _configuration(experiment: Experiment, plan: SweepPlan, sweep: SweepScale, state: State) -> dict[str, Any]:
    model = state.error_model
    configuration: dict[str, Any] = {"corrections": [c.name for c in sweep.components]}
    if plan.kind == "physical" and experiment.scan is not None and plan.scale is not None:
        width = abs(experiment.scan.oscillation[1])
        configuration["valid_osc_range"] = list(experiment.scan.oscillation_range)
        configuration["valid_image_range"] = list(experiment.scan.image_range)
        configuration["s_norm_fac"] = 0.999 / plan.scale.spacing
        configuration["scale_rot_interval"] = plan.scale.spacing * width
        if plan.decay is not None:
            configuration["d_norm_fac"] = 0.999 / plan.decay.spacing
            configuration["decay_rot_interval"] = plan.decay.spacing * width
        if plan.lmax:
            configuration["lmax"] = plan.lmax
            configuration["abs_surface_weight"] = float(np.median(plan.surface_weights))
    configuration["Imid"] = state.intensities.i_mid
    configuration["error_model_type"] = "BasicErrorModel"
    configuration["error_model_parameters"] = [model.a, model.b]
    configuration["gnomon_variance_terms"] = dict(model.theta)
    return configuration
