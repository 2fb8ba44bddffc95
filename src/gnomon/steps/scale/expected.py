"""The intensity to expect of a reflection, given the mean of its observations."""

from __future__ import annotations

import numpy as np

from gnomon.maths.merging import KeptMeans
from gnomon.maths.robust_means import robust_means
from gnomon.maths.shells import shells_by_count
from gnomon.maths.tally import Tally
from gnomon.maths.wilson_posterior import posterior_intensity

_SHELLS, _FEWEST = 20, 50  # resolution shells of the prior, and unique reflections in each


def expected_moments(means: KeptMeans, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and second moment (M,) of the true intensity, half way between Wilson's two priors; d: (M,) Å.

    The posteriors are French & Wilson's 1978 (Acta Cryst. A34, 517) for acentric reflections, exp(-I / S), and for
    centric ones, I^(-1/2) exp(-I / 2 S), S the mean of the shell. The first is right on average at every *measured*
    intensity, but cannot know that a reflection is truly weak, and gives it sigmas 6 % too large; the second, with the
    I^(-1/2) of Jeffreys (1946, Proc. R. Soc. A186, 453), errs to the other side. Clipping weak means at zero would call
    half of them stronger and half weaker than they are, and their variances with them.
    """
    sigma, prior = np.sqrt(means.variance), expected_of_shells(means, d)
    acentric = posterior_intensity(means.mean / sigma - sigma / prior, centric=False)
    centric = posterior_intensity(means.mean / sigma - sigma / (2 * prior), centric=True)
    first, second = (0.5 * (one + other) for one, other in zip(acentric, centric))
    return sigma * first, means.variance * second


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
