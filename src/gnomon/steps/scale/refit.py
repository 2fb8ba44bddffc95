"""The basic error model fitted anew to scaled data, whose scales and outliers are respected.

sigma'^2 = a^2 (sigma^2 + (b I)^2): sigma as integration has it, on the common scale, I the mean of the equivalents
(Evans & Murshudov 2013, Acta Cryst. D69, 1204, with one b).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.symmetry import Group, space_group
from gnomon.maths.data_sets.data_set import common_data_set, integrated_intensities
from gnomon.maths.intensities.merging import Groups, group_equivalents, others
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_columns
from gnomon.steps.scale.error_model import PROPORTIONAL, VarianceTerms, exact_design, fit_error_model
from gnomon.steps.scale.params import RefineErrorModelParams
from gnomon.steps.scale.summary import BinOfIntensity, RefineErrorModelSummary

COUNTED = "counted"
ROUNDS = 5
"""Of means by the variances of the last model, and a new model: a and b stand to three figures after three."""
FEWEST = 50
"""Observations with equivalents, from which two numbers are told."""


@dataclass(frozen=True, eq=False)
class _Observed:
    """Observations with equivalents: groups, intensities and integrated variances on the common scale."""

    groups: Groups
    value: np.ndarray
    variance: np.ndarray


def refine_error_model(
    experiments: Experiments, reflections: Reflections, params: RefineErrorModelParams
) -> Result[RefineErrorModelSummary]:
    """Experiments and reflections as they are; the summary has the model and how sigmas fit before and after.

    Raises InputError where data are not scaled, or too few.
    """
    kind = {"profile": "prf", "sum": "sum"}[params.intensity_choice]
    needed = ("inverse_scale_factor", f"intensity.{kind}.value", f"intensity.{kind}.variance")
    require_columns("refine_error_model", reflections, needed)
    group = space_group(common_data_set(experiments, float("inf")).hall_symbol)
    held = (params.a, params.b)
    found = refit_error_model(reflections, group, kind, params.min_intensity, params.n_bins, held)
    return Result(experiments, reflections, found)


def refit_error_model(
    reflections: Reflections, group: Group, kind: str, min_intensity: float, n_bins: int,
    fixed: tuple[float | None, float | None] = (None, None),
) -> RefineErrorModelSummary:  # fmt: skip
    """The basic error model of scaled reflections, from how equivalents (Friedel mates too) scatter.

    kind: ``prf`` or ``sum``, the integrated intensities taken. min_intensity: groups with a lower mean, in counts of
    the common scale, take no part. fixed: a and b where they are given. Raises InputError where too few are left.
    """
    seen = _observed(reflections, group, kind, min_intensity)
    theta = np.array([1.0, 0.03**2])
    for _ in range(ROUNDS):
        theta = _fitted(seen, theta, *fixed)
    a, b = float(np.sqrt(theta[0])), float(np.sqrt(theta[1] / theta[0]))
    isa = 1 / (a * b) if theta[1] > 1e-8 else float("inf")
    return RefineErrorModelSummary(a=a, b=b, isa=isa, n=len(seen.value), bins=_bins(seen, theta, n_bins))


def _observed(reflections: Reflections, group: Group, kind: str, min_intensity: float) -> _Observed:
    keep = reflections.has(Flag.SCALED) & ~reflections.has(Flag.BAD_FOR_SCALING)
    value, variance = integrated_intensities(reflections, kind)
    g = reflections["inverse_scale_factor"]
    keep &= np.isfinite(value) & (variance > 0) & (g > 0)
    rows = np.flatnonzero(keep)
    groups = group_equivalents(reflections["miller_index"][rows], group)
    I, v = value[rows] / g[rows], variance[rows] / g[rows] ** 2
    mean = groups.sum(I / v) / groups.sum(1 / v)
    told = ((groups.counts > 1) & (mean >= min_intensity))[groups.label]
    if told.sum() < FEWEST:
        raise InputError(
            f"refine_error_model has {told.sum()} observations with equivalents above min_Ih={min_intensity:g}; "
            "lower it, or give more data"
        )
    return _Observed(groups.select(told), I[told], v[told])


def _fitted(seen: _Observed, theta: np.ndarray, a: float | None, b: float | None) -> np.ndarray:
    """(2,) a^2 and (a b)^2, with means and weights by the model so far, ``theta``; what is given of a and b is held."""
    counted, square = _terms(seen, theta).terms

    def fit(names: tuple[str, ...], terms: list[np.ndarray], fixed: np.ndarray) -> np.ndarray:
        return fit_error_model(seen.groups, seen.value, VarianceTerms(names, np.array(terms), fixed))

    nothing = np.zeros_like(square)
    if a is not None and b is not None:
        return np.array([a**2, (a * b) ** 2])
    if b is not None:
        (factor,) = fit((COUNTED,), [counted + b**2 * square], nothing)
        return np.array([factor, factor * b**2])
    if a is not None:
        return np.array([a**2, *fit((PROPORTIONAL,), [square], a**2 * counted)])
    return fit((COUNTED, PROPORTIONAL), [counted, square], nothing)


def _terms(seen: _Observed, theta: np.ndarray) -> VarianceTerms:
    """What the variance is made of: integrated variances, and the square of the mean intensity by the model so far."""
    square = np.zeros_like(seen.value)
    for _ in range(2):  # weights need the mean, and it the weights
        weight = 1 / (theta[0] * seen.variance + theta[1] * square)
        mean = seen.groups.sum(weight * seen.value) / seen.groups.sum(weight)
        square = np.square(mean)[seen.groups.label]
    return VarianceTerms((COUNTED, PROPORTIONAL), np.array([seen.variance, square]), np.zeros_like(square))


def _bins(seen: _Observed, theta: np.ndarray, n_bins: int) -> tuple[BinOfIntensity, ...]:
    """Mean squares of deviates in bins of mean intensity, each of as many groups."""
    terms = _terms(seen, theta)
    mean = np.sqrt(terms.terms[1])
    edges = np.quantile(mean, np.linspace(1, 0, n_bins + 1))
    found = []
    squares = [_squares(seen, v) for v in (seen.variance, terms.variance(theta))]
    for k, (high, low) in enumerate(pairwise(edges.tolist())):
        inside = (mean <= high) & ((mean > low) | (k == n_bins - 1))
        if inside.any():
            before, after = (float(s[inside].mean()) for s in squares)
            found.append(BinOfIntensity(high, low, int(inside.sum()), before, after))
    return tuple(found)


def _squares(seen: _Observed, variance: np.ndarray) -> np.ndarray:
    """(N,) squared differences from the mean of the others, over their variances."""
    weight = 1 / variance
    difference = seen.value - others(seen.groups, seen.value, weight)[0]
    return np.asarray(difference**2 / exact_design(seen.groups, weight, variance))
