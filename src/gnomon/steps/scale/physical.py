"""Which model each sweep gets, and its components at given observations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.centroids import rotate_back
from gnomon.maths.smoother import Smoother
from gnomon.maths.spherical_harmonics import real_harmonics
from gnomon.models.experiment import Experiment
from gnomon.steps.scale.components import Component, SweepScale
from gnomon.steps.scale.observations import Observations
from gnomon.steps.scale.params import ScaleParams

_INTERVALS = ((5.0, 1.0, 1.5), (10.0, 2.0, 3.0), (25.0, 4.0, 5.0), (90.0, 8.0, 10.0), (np.inf, 15.0, 20.0))
"""Sweeps narrower than the first (degrees): spacing of scale and of decay."""

_ABSORPTION_WIDTH = 20.0  # degrees; the restraint finds its own strength, so narrow sweeps do no harm

SURFACE_WEIGHT = 5e5
"""The restraint of absorption parameters before their size is known (Beilsten-Edmands et al. 2020)."""


@dataclass(frozen=True, eq=False)
class SweepPlan:
    """The kind of model of one experiment; smoothers in images from the start of the scan, None where left out."""

    kind: str  # physical or KB
    scale: Smoother | None = None
    decay: Smoother | None = None
    lmax: int = 0  # 0: no absorption
    surface_weights: tuple[float, ...] = ()  # restraint of absorption, for l = 1..lmax
    decay_restraint: float = 0.1
    has_decay: bool = True
    held: bool = False  # the scale is one: nothing tells another

    @property
    def name(self) -> str:
        """In words."""
        if self.held:
            return "unscaled"
        if self.kind == "physical":
            return "physical with absorption" if self.lmax else "physical"
        return "KB" if self.has_decay else "K"


def plan_sweep(experiment: Experiment, params: ScaleParams, oriented: bool = True) -> SweepPlan:
    """The model for one experiment: KB for stills and below one degree, physical above, unless told otherwise.

    Absorption needs the orientation of the crystal, which files of other programs may not tell.

    Intervals follow the width of the sweep; Beilsten-Edmands et al. 2020, Acta Cryst. D76, 385.
    """
    scan = None if experiment.is_still else experiment.scan
    width = 0.0 if scan is None else abs(scan.oscillation[1]) * scan.n_images
    kind = params.model if params.model != "auto" else ("KB" if width < 1.0 else "physical")
    if kind == "KB" or scan is None:
        return SweepPlan("KB", decay_restraint=params.decay_restraint, has_decay=params.decay_correction)
    scale, decay = next((s, b) for limit, s, b in _INTERVALS if width < limit)
    image = abs(scan.oscillation[1])
    n = scan.n_images
    absorption = params.absorption_correction if params.absorption_correction is not None else width > _ABSORPTION_WIDTH
    return SweepPlan(
        "physical",
        Smoother.over(0.0, n, (params.scale_interval or scale) / image),
        Smoother.over(0.0, n, (params.decay_interval or decay) / image) if params.decay_correction else None,
        params.lmax if absorption and oriented else 0,
        (params.surface_weight or SURFACE_WEIGHT,) * params.lmax,
        params.decay_restraint,
        params.decay_correction,
    )


def n_parameters(plan: SweepPlan) -> int:
    """Parameters of the plan; those held do not count."""
    if plan.kind == "KB":
        return 0 if plan.held else 1 + plan.has_decay
    smooth = sum(s.n_parameters for s in (plan.scale, plan.decay) if s is not None)
    return smooth + plan.lmax * (plan.lmax + 2)


def build_sweep(
    plan: SweepPlan, experiment: Experiment, observations: Observations, rows: np.ndarray, s1: np.ndarray
) -> SweepScale:
    """The components at observations ``rows`` (n,) of this experiment; s1: (n, 3) their diffracted vectors, 1/Å."""
    inverse = 0.5 / observations.d[rows, None] ** 2
    if plan.kind == "KB":
        one = np.ones((len(rows), 1))
        parts = [Component("scale", one, 1.0)]
        if plan.has_decay:
            parts.append(Component("decay", inverse, 0.0, plan.decay_restraint, exponential=True))
        return SweepScale(rows, tuple(parts), plan.held)
    z = observations.z[rows]
    from_start = z - experiment.needed_scan.array_range[0]
    parts = [Component("scale", plan.scale.design(from_start), 1.0)]  # type: ignore[union-attr]
    if plan.decay is not None:
        design = plan.decay.design(from_start) * inverse
        parts.append(Component("decay", design, 0.0, plan.decay_restraint, exponential=True))
    if plan.lmax:
        restraint = np.repeat(plan.surface_weights, 2 * np.arange(1, plan.lmax + 1) + 1)
        parts.append(Component("absorption", _paths(experiment, z, s1, plan.lmax), 0.0, restraint, offset=1.0))
    return SweepScale(rows, tuple(parts))


def _paths(experiment: Experiment, z: np.ndarray, s1: np.ndarray, lmax: int) -> np.ndarray:
    """(n, lmax (lmax + 2)): [Y_lm(s1) + Y_lm(-s0)] / 2 in the frame of the crystal at phi = 0 (Blessing 1995)."""
    phi = np.deg2rad(experiment.needed_scan.phi_at(z))
    out = s1 / np.linalg.norm(s1, axis=1, keepdims=True)
    back = np.broadcast_to(experiment.beam.direction, s1.shape)  # -s0
    return (
        real_harmonics(rotate_back(experiment, out, phi), lmax)
        + real_harmonics(rotate_back(experiment, back, phi), lmax)
    ) / 2
