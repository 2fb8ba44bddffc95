"""Which reflections a fit works from, and which are outliers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.geometry_fit.model import Model
from gnomon.maths.geometry_fit.observations import Observations
from gnomon.maths.geometry_fit.options import FitOptions
from gnomon.maths.geometry_fit.outliers import outliers
from gnomon.maths.geometry_fit.precision import measured_excess, scatter
from gnomon.maths.geometry_fit.residuals import Problem


@dataclass(frozen=True)
class Judgement:
    """The observations with the precision that their residuals show, and which of them are used."""

    weighed: Observations
    used: np.ndarray  # (N,) bool


def residuals_at(model: Model, found: Observations, p: np.ndarray) -> np.ndarray:
    """(N, 3) mm, mm, rad at the parameters ``p``; nan where nothing is predicted."""
    problem, state = Problem(model, found), model.at(p)
    return problem.residuals(state, problem.predict(state))


def judged(model: Model, found: Observations, p: np.ndarray, options: FitOptions) -> Judgement:
    """The judgement at the parameters ``p`` (n,): medians measure the precision, and do not mind outliers.

    Not used are those that are not predicted and those outside the bulk in px and images, or in units of their own
    sigma: the first are weak spots that tell little, the second strong ones that err by more than they should.
    """
    residuals = residuals_at(model, found, p)
    used = np.isfinite(residuals).all(axis=1)
    rows = np.flatnonzero(used)
    seen = residuals[rows] / found.unit[rows]
    weighed = replace(found, excess=measured_excess(seen, found.variance[rows], found.kind[rows]))
    if options.outliers:
        for distances in (seen, residuals[rows] / weighed.sigma[rows]):
            used[rows] &= ~outliers(distances, found.experiment[rows], found.px[rows, 2], options.outlier_probability)
    return Judgement(weighed, used)


def erring(model: Model, judgement: Judgement, p: np.ndarray, options: FitOptions) -> np.ndarray:
    """(N,) bool: which of the observations are outliers: not used, and further off than their like scatter.

    Weak spots, and those on one image, are no normal cloud with strong ones on many. The half that agrees best is
    strong, and outside its bulk lie 45 % of the spots of perfect wedges: not used, but most of them err no more
    than they may.
    """
    found = judgement.weighed
    residuals = residuals_at(model, found, p)
    out = ~np.isfinite(residuals).all(axis=1)
    if options.outliers:
        rows = np.flatnonzero(~out)
        seen = residuals[rows] / found.unit[rows]
        deviates = seen / scatter(seen, found.variance[rows], found.kind[rows])
        out[rows] = outliers(deviates, found.experiment[rows], found.px[rows, 2], options.outlier_probability)
    return out & ~judgement.used
