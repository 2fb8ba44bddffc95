"""The scale of every observation, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from gnomon.models.by_experiment import rows_of_each
from gnomon.steps.scale.fit import Fit
from gnomon.steps.scale.setup import Setup, build

_CHUNK = 20000  # observations whose design is held at once
_NEGLIGIBLE = 2e-4  # of the variances of all: what the draws may leave unknown of the parameters' freedom
_LEAST_DRAWS, _MOST_DRAWS = 4, 40


class Evaluated(NamedTuple):
    """Of all N observations."""

    g: np.ndarray  # (N,) inverse scales
    variance: np.ndarray  # (N,) of g
    draws: np.ndarray  # (N, k) possible errors of ln g, whose mean square is its variance, what is common included


def evaluate_scales(setup: Setup, fit: Fit, information: np.ndarray) -> Evaluated:
    """Inverse scales of all observations and their errors, from the covariance of the parameters.

    What is common to all observations, a scale and a B, is no error of the data: with L = d ln g / dp, the
    variance is that of (L - trend) p, the trend being the regression of L on 1 and 1 / d^2, weighted by the
    ``information`` (N,) of each observation on its scale.
    """
    trend = _trend(setup, fit, information)  # (2, P)
    assert fit.covariance is not None  # it has been fitted
    with_trend = fit.covariance.times(trend.T).T
    of_trend = with_trend @ trend.T
    errors = fit.covariance.draws(_enough_draws(len(fit.parameters), setup.comparisons), setup.params.seed)
    n = len(setup.observations)
    g, variance, draws = np.ones(n), np.zeros(n), np.zeros((n, errors.shape[1]))
    for rows, i, part, scale, relative in _chunks(setup, fit):
        g[rows], draws[rows] = scale, relative @ errors[part]
        x = _common(setup, rows)
        own = np.einsum("ij,ij->i", relative @ fit.covariance.blocks[i], relative)
        cross = np.einsum("ij,ij->i", relative @ with_trend[:, part].T, x)
        shared = np.einsum("ij,ij->i", x @ of_trend, x)
        variance[rows] = scale**2 * np.maximum(own - 2 * cross + shared, 0.0)
    return Evaluated(g, variance, draws)


def _enough_draws(parameters: int, comparisons: int) -> int:
    """Draws that tell the freedom of P parameters, P / comparisons of all variances, where it matters.

    The mean square of n draws is sure to sqrt(2 / n P) of itself.
    """
    wanted = 2 * parameters / (_NEGLIGIBLE * max(comparisons, 1)) ** 2
    return int(np.clip(np.ceil(wanted), _LEAST_DRAWS, _MOST_DRAWS))


def _trend(setup: Setup, fit: Fit, information: np.ndarray) -> np.ndarray:
    squares, products = np.zeros((2, 2)), np.zeros((2, len(fit.parameters)))
    for rows, _, part, _, relative in _chunks(setup, fit):
        x = _common(setup, rows)
        weighted = (information[rows, None] * x).T
        squares += weighted @ x
        products[:, part] += weighted @ relative
    return np.linalg.lstsq(squares, products, rcond=1e-12)[0]


def _common(setup: Setup, rows: np.ndarray) -> np.ndarray:
    """(n, 2): 1 and 1 / d^2."""
    return np.column_stack([np.ones(len(rows)), setup.observations.d[rows] ** -2.0])


def _chunks(setup: Setup, fit: Fit) -> Iterator[tuple[np.ndarray, int, slice, np.ndarray, np.ndarray]]:
    """Chunk by chunk: observations, their sweep and the place of its parameters, g (n,), and d ln g / dp (n, P)."""
    end = 0
    for i, rows in enumerate(rows_of_each(setup.observations.experiment, len(setup.experiments))):
        part = slice(end, end + build(setup, i, np.arange(0)).n_parameters)
        end = part.stop
        parameters = fit.parameters[part]
        least = 1e-3 * abs(build(setup, i, np.arange(0)).split(parameters)[0].mean())  # of the scale component
        for start in range(0, len(rows), _CHUNK):
            own = rows[start : start + _CHUNK]
            sweep = build(setup, i, own)
            scale = np.maximum(sweep.scale(parameters), least)
            yield own, i, part, scale, sweep.relative_derivatives(parameters)
