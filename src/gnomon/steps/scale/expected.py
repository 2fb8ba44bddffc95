"""The intensity to expect of a reflection, given the mean of its observations."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gnomon.maths.merging import KeptMeans
from gnomon.maths.poisson_posterior import posterior_counts
from gnomon.maths.robust_means import robust_means
from gnomon.maths.shells import shells_by_count
from gnomon.maths.tally import Tally
from gnomon.maths.wilson_posterior import posterior_intensity

_SHELLS, _FEWEST = 20, 50  # resolution shells of the prior, and unique reflections in each
_MANY = 50  # counts from which normal distributions serve: the moments agree to 2 %


class Counting(NamedTuple):
    """Of the mean of each of M groups, on its scale: what it grows by with one count more, and the background."""

    one: np.ndarray  # (M,) 0 where it is not known
    background: np.ndarray  # (M,) whose shot noise has the variance one * background


def expected_moments(
    means: KeptMeans, d: np.ndarray, counting: Counting | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """First and second moment (M,) of the true intensity, half way between Wilson's two priors; d: (M,) Å.

    The posteriors are French & Wilson's 1978 (Acta Cryst. A34, 517) for acentric reflections, exp(-I / S), and for
    centric ones, I^(-1/2) exp(-I / 2 S), S the mean of the shell. The first is right on average at every *measured*
    intensity, but cannot know that a reflection is truly weak, and gives it sigmas 6 % too large; the second, with the
    I^(-1/2) of Jeffreys (1946, Proc. R. Soc. A186, 453), errs to the other side. Clipping weak means at zero would call
    half of them stronger and half weaker than they are, and their variances with them. Where the ``counting`` of a mean
    is known and few counts (50, background included) are behind it, their likelihood is Poisson's: no counts over
    no background tell much more than a normal distribution whose variance is as small as they are.
    """
    sigma, prior = np.sqrt(means.variance), expected_of_shells(means, d)
    first, second = _normal_moments(means.mean / sigma, sigma / prior)
    first, second = sigma * first, means.variance * second
    if counting is not None:
        few = (counting.one > 0) & (means.mean + counting.background < _MANY * counting.one)
        rows = np.flatnonzero(few)
        one = counting.one[rows]
        counted, background = (means.mean + counting.background)[rows] / one, counting.background[rows] / one
        in_counts = _poisson_moments(counted, background, one / prior[rows])
        first[rows], second[rows] = one * in_counts[0], one**2 * in_counts[1]
    return first, second


def _normal_moments(mean: np.ndarray, per_prior: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Moments (M,) in units of the sigma, for means in these units and the sigma over the prior's mean."""
    acentric = posterior_intensity(mean - per_prior, centric=False)
    centric = posterior_intensity(mean - per_prior / 2, centric=True)
    return 0.5 * (acentric[0] + centric[0]), 0.5 * (acentric[1] + centric[1])


def _poisson_moments(
    counted: np.ndarray, background: np.ndarray, per_prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Moments (n,) in counts, for counts with their background and one count over the prior's mean."""
    acentric = posterior_counts(counted, background, 1 + per_prior, centric=False)
    centric = posterior_counts(counted, background, 1 + per_prior / 2, centric=True)
    return 0.5 * (acentric[0] + centric[0]), 0.5 * (acentric[1] + centric[1])


def expected_of_shells(means: KeptMeans, d: np.ndarray) -> np.ndarray:
    """(M,) S: the mean of the resolution shell of each reflection, not less than three of its standard errors.

    Only of reflections of which an observation was kept: what was rejected says nothing of others.
    """
    known = means.known if means.known.any() else np.ones(len(d), bool)
    shells = shells_by_count(d[known], _SHELLS, _FEWEST)
    bins = np.clip(np.searchsorted(-shells.edges, -d, side="right") - 1, 0, len(shells) - 1)
    found = robust_means(means.mean, np.sqrt(means.variance), Tally(bins, len(shells)).where(known))
    prior = np.maximum(found.mean, 3 * found.error)
    return np.asarray(np.where(np.isfinite(prior), prior, np.nanmax(prior))[bins])
