"""Scaled observations beside their true intensities."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import to_asu
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.simulate.assess.frame import true_indices
from gnomon.simulate.truth import Truth

_LEAST_SIGMA = 1e-9
"""Of the median sigma: less is no measurement but a fit that failed. DIALS 3.12.1 keeps some with a sigma of 1e-16,
which would have all the weight."""
_ALIKE = 100
"""Observations whose mean square sigma is that of their true intensity."""


@dataclass(frozen=True)
class Observations:
    """One row an observation that scaling kept."""

    hkl: np.ndarray  # (N, 3) in the true asymmetric unit
    d: np.ndarray  # (N,) Å
    intensity: np.ndarray  # (N,) scaled
    sigma: np.ndarray  # (N,)
    true: np.ndarray  # (N,) brought to the scale of the observations
    xyz: np.ndarray  # (N, 3) predicted px, px, images

    def select(self, keep: np.ndarray) -> Observations:
        """Those at ``keep``."""
        return Observations(*(getattr(self, f.name)[keep] for f in fields(self)))


def scaled_observations(experiments: Experiments, reflections: Reflections, truth: Truth) -> Observations:
    """What scaling kept, with the truth put on its scale by a smooth function of resolution."""
    rows = reflections.by_experiment()
    parts = [
        _of_experiment(e, reflections.select(rows[i]), truth)
        for i, e in enumerate(experiments)
        if e.crystal is not None
    ]
    observed = Observations(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Observations)))
    return with_true_scale(observed)


def _of_experiment(experiment: Experiment, reflections: Reflections, truth: Truth) -> Observations:
    kept = reflections.select(reflections.has(Flag.SCALED) & ~reflections.has(Flag.BAD_FOR_SCALING))
    kept = kept.select((kept["inverse_scale_factor"] > 0) & (kept["intensity.scale.variance"] > 0))
    scale = kept["inverse_scale_factor"]
    intensity = kept["intensity.scale.value"] / scale
    sigma = np.sqrt(kept["intensity.scale.variance"]) / scale  # the error model is in it already
    assert experiment.crystal is not None
    hkl, whole = true_indices(kept["miller_index"], experiment.crystal, truth)
    asu, _ = to_asu(hkl, truth.numbers["hall_symbol"])
    true, known = look_up(asu, truth.hkl, truth.intensity)
    d = d_spacing(asu, np.array(truth.numbers["cell"]))
    observed = Observations(asu, d, intensity, sigma, true, kept["xyzcal.px"])
    return observed.select(whole & known & (sigma > _LEAST_SIGMA * np.median(sigma)))


def look_up(hkl: np.ndarray, table: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The value (N,) of each index of ``hkl`` (N, 3) in ``table`` (M, 3), and (N,) bool whether it is there."""
    sorted_keys, order = np.unique(_key(table), return_index=True)
    key = _key(hkl)
    at = np.minimum(np.searchsorted(sorted_keys, key), len(sorted_keys) - 1)
    return values[order[at]], sorted_keys[at] == key


def _key(hkl: np.ndarray) -> np.ndarray:
    shifted = hkl.astype(np.int64) + 4096
    return (shifted[:, 0] << 40) | (shifted[:, 1] << 20) | shifted[:, 2]


def with_true_scale(observed: Observations) -> Observations:
    """Truth times exp(a cubic in 1/d), by weighted least squares (Gauss-Newton from the best factor).

    A factor that depends on resolution alone (B, or the mean absorption at an angle) is the same for all
    equivalents, so that no scaling can know it. Weights are by the usual sigma at a true intensity: by their own, weak
    observations that came out low would weigh more, and truth would end up to a third too low where counts are few.
    """
    s = 1 / observed.d
    design = np.vander(s / s.max(), 4)
    weight = 1 / _usual_sigma(observed)
    factor = np.average(observed.intensity * observed.true, weights=weight**2)
    factor /= np.average(observed.true**2, weights=weight**2)
    fit = np.array([0.0, 0, 0, np.log(factor)])
    for _ in range(8):
        model = observed.true * np.exp(design @ fit)
        step, *_ = np.linalg.lstsq(
            design * (model * weight)[:, None], (observed.intensity - model) * weight, rcond=None
        )
        fit = fit + step
    columns = {f.name: getattr(observed, f.name) for f in fields(observed)}
    return Observations(**{**columns, "true": observed.true * np.exp(design @ fit)})


def _usual_sigma(observed: Observations) -> np.ndarray:
    """(N,) the r.m.s. sigma of the observations of about the same true intensity."""
    usual = np.empty(len(observed.sigma))
    order = np.argsort(observed.true, kind="stable")
    for rows in np.array_split(order, max(1, len(order) // _ALIKE)):
        usual[rows] = np.sqrt(np.mean(observed.sigma[rows] ** 2))
    return usual
