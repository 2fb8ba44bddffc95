"""The error model: what the variance of a scaled intensity really is, from how equivalents scatter.

From top to bottom: the intensity to expect of a reflection, of which shot noise and other errors are functions; the
terms of the variance; the fit of their factors; and the errors that equivalents share, which their scatter cannot show
as it shows others: those of one crystal, whose atoms lie where those of others do not, and those of the fitted scales.

The latter make observations that determined the scales agree better than they should. With c the contrast of an
observation with the mean of the others (1, and minus their weights), V the variances of the observations,
X = <I> d ln g / dp, C the covariance of the parameters by these variances, and X_used the rows of X less
the mean of their group, zero for observations that determined no scale, the squared difference is expected to be

    c^T V c - 2 c^T X C X_used^T c + F c^T X C X^T c,

F the reduced chi-squared of the fit where that is above one: its errors are larger by what the fit took for equal and
the differences do not hold (Friedel mates). Where all took part and F = 1 it is c^T V c - c^T X C X^T c: restricted
maximum likelihood with the leverage of the scales (Patterson & Thompson 1971, Biometrika 58, 545). Where the
observation took no part, the error of its scale comes to that of the observations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import erf, exp, pi, sqrt
from typing import NamedTuple

import numpy as np

from gnomon.maths.intensities.merging import Groups, KeptMeans, others
from gnomon.maths.intensities.robust_means import robust_means
from gnomon.maths.intensities.shells import shells_by_count
from gnomon.maths.intensities.wilson_posterior import posterior_intensity
from gnomon.maths.numerics.tally import Tally
from gnomon.steps.scale.observations import FIRST_B, Intensities, Observations
from gnomon.steps.scale.poisson_posterior import posterior_counts

_PRIOR_SHELLS, _FEWEST_OF_SHELL = 20, 50  # resolution shells of the prior, and unique reflections in each
_MANY_COUNTS = 50  # counts from which normal distributions serve: the moments agree to 2 %
PROPORTIONAL = "intensity squared"
"""The term of errors proportional to the intensity."""
SIGNAL = "signal"
"""The term of the shot noise of the signal."""
CRYSTALS = "between crystals"
"""The term of what crystals differ by, atoms that moved by u changing I by 2 F dF: 8 pi^2 u^2 <I> S / d^2."""
_OF_GROUP = " of group "
"""Between the name of a term and the number of the sweeps whose it is, where groups of sweeps have each its own."""
_FIRST_FACTORS = {PROPORTIONAL: FIRST_B**2, "partial": 1e-3, CRYSTALS: 0.003}  # the last in Å^2: .006 Å along each axis
_PRIOR_WEIGHT = 4.0  # equivalents that would weigh as much as what is expected of a term
_MOST_TAKEN = 0.9  # of the variance of a difference that the fit of the scales may take away
_CLIP = 2.5  # deviates beyond count as this
_CLIPPED_SQUARE = (
    erf(_CLIP / sqrt(2)) - _CLIP * sqrt(2 / pi) * exp(-(_CLIP**2) / 2) + _CLIP**2 * (1 - erf(_CLIP / sqrt(2)))
)  # mean of min(z^2, clip^2) for standard normal z


class Counting(NamedTuple):
    """Of the mean of each of M groups, on its scale: what it grows by with one count more, and the background."""

    one: np.ndarray  # (M,) 0 where it is not known
    background: np.ndarray  # (M,) whose shot noise has the variance one * background


class Moments(NamedTuple):
    """First and second moment of the true intensity, (M,) of groups or (N,) of observations."""

    first: np.ndarray
    second: np.ndarray

    def of_observations(self, groups: Groups) -> Moments:
        """(N,) those of the group of each observation."""
        return Moments(self.first[groups.label], self.second[groups.label])


def expected_moments(means: KeptMeans, d: np.ndarray, counting: Counting | None = None) -> Moments:
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
        few = (counting.one > 0) & (means.mean + counting.background < _MANY_COUNTS * counting.one)
        rows = np.flatnonzero(few)
        one = counting.one[rows]
        counted, background = (means.mean + counting.background)[rows] / one, counting.background[rows] / one
        in_counts = _poisson_moments(counted, background, one / prior[rows])
        first[rows], second[rows] = one * in_counts[0], one**2 * in_counts[1]
    return Moments(first, second)


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
    shells = shells_by_count(d[known], _PRIOR_SHELLS, _FEWEST_OF_SHELL)
    bins = np.clip(np.searchsorted(-shells.edges, -d, side="right") - 1, 0, len(shells) - 1)
    found = robust_means(means.mean, np.sqrt(means.variance), Tally(bins, len(shells)).where(known))
    prior = np.maximum(found.mean, 3 * found.error)
    return np.asarray(np.where(np.isfinite(prior), prior, np.nanmax(prior))[bins])


def source_of(name: str) -> str:
    """The name of a term without the group whose it is."""
    return name.partition(_OF_GROUP)[0]


@dataclass(frozen=True, eq=False)
class VarianceTerms:
    """Variance of observation i = fixed_i + sum_k theta_k terms[k, i], on the common scale."""

    names: tuple[str, ...]
    terms: np.ndarray  # (K, N)
    fixed: np.ndarray  # (N,)
    scales: ScaleErrors | None = None  # whose variance is ``fixed``, and how they came about
    crystal: np.ndarray | None = None  # (N,) whose observations share the error of the term CRYSTALS

    def variance(self, theta: np.ndarray) -> np.ndarray:
        """(N,) for the coefficients (K,)."""
        return self.fixed + theta @ self.terms

    @property
    def expected(self) -> np.ndarray:
        """(K,) the coefficients before equivalents say anything: counting statistics and FIRST_B."""
        return np.array([_FIRST_FACTORS.get(source_of(name), 1.0) for name in self.names])

    def select(self, rows: np.ndarray) -> VarianceTerms:
        """Of some of the observations."""
        scales = None if self.scales is None else self.scales.select(rows)
        crystal = None if self.crystal is None else self.crystal[rows]
        return VarianceTerms(self.names, self.terms[:, rows], self.fixed[rows], scales, crystal)


@dataclass(frozen=True, eq=False)
class ErrorModel:
    """The coefficients of the terms of the variance, by name, and ``a``: the factor of the counting sigmas, on average.

    sigma'^2 = a^2 (sigma^2 + (b I)^2) is what it comes to in the words of other programs.
    """

    theta: dict[str, float]
    a: float = 1.0
    groups: tuple[ErrorModel, ...] = ()  # of each group of sweeps that has its own

    @property
    def b(self) -> float:
        """The error proportional to the intensity, before its multiplication by a; of groups r.m.s."""
        squares = [value for name, value in self.theta.items() if source_of(name) == PROPORTIONAL]
        return sqrt(sum(squares) / max(len(squares), 1)) / self.a

    def factor(self, name: str, number: np.ndarray | None) -> float | np.ndarray:
        """The coefficient of a term; (N,) where observations are of groups with these numbers; 1 of an unknown one."""
        if number is None:
            return self.theta.get(name, 1.0)
        own = [self.theta.get(f"{name}{_OF_GROUP}{i}", 1.0) for i in range(int(number.max()) + 1)]
        return np.array(own)[number]

    @property
    def isa(self) -> float:
        """The I / sigma that the strongest reflections reach: 1 / (a b). Diederichs 2010, Acta Cryst. D66, 733."""
        return 1 / (self.a * self.b) if self.b > 0 else float("inf")


def coefficients(terms: VarianceTerms, theta: dict[str, float]) -> np.ndarray:
    """(K,) those of the terms by name; where there is none, what is expected."""
    return np.array([theta.get(name, first) for name, first in zip(terms.names, terms.expected)])


def error_model_of(terms: VarianceTerms, theta: np.ndarray, number: np.ndarray | None = None) -> ErrorModel:
    """The coefficients under their names, with a from the counting terms: median of modelled over counted variance.

    number: (N,) the group of sweeps that each observation is of, where groups have each its own.
    """
    found = dict(zip(terms.names, theta.tolist()))
    counting = np.array([source_of(name) not in _FIRST_FACTORS for name in terms.names])
    counted = terms.terms[counting].sum(axis=0)
    ratio = (theta[counting] @ terms.terms[counting]) / np.maximum(counted, 1e-300)
    if number is None:
        return ErrorModel(found, sqrt(float(np.median(ratio))))
    groups = []
    for i in range(int(number.max()) + 1):
        own = {source_of(k): v for k, v in found.items() if k.endswith(f"{_OF_GROUP}{i}") or k == CRYSTALS}
        groups.append(ErrorModel(own, sqrt(float(np.median(ratio[number == i])))))
    return ErrorModel(found, sqrt(float(np.median(ratio))), tuple(groups))


def in_groups(terms: VarianceTerms, number: np.ndarray | None) -> VarianceTerms:
    """The terms with one for each group of sweeps instead of one for all; number: (N,) the group of each observation.

    What crystals differ by stays one: it lies between groups.
    """
    if number is None:
        return terms
    n = int(number.max(initial=0)) + 1
    names: list[str] = []
    rows: list[np.ndarray] = []
    for name, row in zip(terms.names, terms.terms):
        parts = [name] if name == CRYSTALS else [f"{name}{_OF_GROUP}{i}" for i in range(n)]
        names += parts
        rows += [row] if name == CRYSTALS else [np.where(number == i, row, 0.0) for i in range(n)]
    return replace(terms, names=tuple(names), terms=np.array(rows))


def exact_design(groups: Groups, weight: np.ndarray, term: np.ndarray) -> np.ndarray:
    """What a term of the variance adds to the variance of (value - weighted mean of the others), (..., N).

    term_i + sum_{j != i} w_j^2 term_j / (sum_{j != i} w_j)^2: exact for any weights (N,), so groups of two and
    of twenty tell the same a. Only for groups of at least two.
    """
    others = groups.sum(weight)[groups.label] - weight
    squares = weight**2 * term
    rest = groups.sum(squares)[groups.label] - squares
    return term + np.maximum(rest, 0.0) / others**2


def fit_error_model(
    groups: Groups,
    value: np.ndarray,
    terms: VarianceTerms,
    given_mean: np.ndarray | None = None,
    cycles: int = 12,
    held: np.ndarray | None = None,
) -> np.ndarray:
    """Positive coefficients (K,) with which deviates from the other equivalents have unit variance.

    Fisher scoring of the normal likelihood of the squared differences, deviates beyond 2.5 clipped, each of n
    equivalents counted (n - 1) / n, and with a prior: as if four more equivalents showed each term alone, as expected.
    groups: all with at least two, or none; value: (N,) scaled intensities. given_mean: (K, N) the terms by the
    mean that was observed, however low: of Poisson counts with sum n the difference has variance n, so scatter follows
    that mean and not the intensity behind it. ``terms`` alone then give the weights. held: (K,) coefficients that are
    given, nan where they are to be found.
    """
    free = np.ones(len(terms.names), bool) if held is None else np.isnan(held)
    theta = terms.expected if held is None else np.where(free, terms.expected, held)
    share = (1 - 1 / groups.counts)[groups.label]
    shared = _shared(groups, terms)
    for _ in range(cycles):
        weight = 1 / terms.variance(theta)
        squared = (value - others(groups, value, weight)[0]) ** 2
        design = _design(groups, weight, terms.terms, shared)
        seen = design if given_mean is None else _design(groups, weight, given_mean, shared)
        counted = theta @ design
        fixed = np.maximum(_by_scales(groups, weight, terms), -_MOST_TAKEN * counted)
        expected = fixed + counted
        observed = np.minimum(squared, _CLIP**2 * expected) / _CLIPPED_SQUARE
        scaled = design / expected
        matrix = (share * scaled) @ (seen / expected).T
        vector = (share * scaled) @ ((observed - fixed) / expected)
        prior = _PRIOR_WEIGHT / np.maximum(theta, terms.expected) ** 2
        matrix, vector = matrix + np.diag(prior), vector + prior * terms.expected
        updated = theta.copy()
        rest = vector[free] - matrix[np.ix_(free, ~free)] @ theta[~free]
        updated[free] = _non_negative(matrix[np.ix_(free, free)], rest)
        if np.allclose(updated, theta, rtol=1e-3, atol=1e-9):
            return updated
        theta = updated
    return theta


def fit_basic_model(
    groups: Groups,
    value: np.ndarray,
    terms: VarianceTerms,
    given_mean: np.ndarray,
    given: tuple[float | None, float | None],
) -> np.ndarray:
    """(K,) coefficients of a^2 (sigma^2 + (b I)^2), of whose a and b one at least is ``given``; others are 0.

    Groups of sweeps that have each its own have each its a or b.

    Evans & Murshudov 2013, Acta Cryst. D69, 1204, with one b. Arrays as of :func:`fit_error_model`.
    """
    a, b = given
    marks = sorted({name.removeprefix(source_of(name)) for name in terms.names if name != CRYSTALS})
    counting = np.array([[n.endswith(m) and source_of(n) not in _FIRST_FACTORS for n in terms.names] for m in marks])
    square = np.array([[name == PROPORTIONAL + mark for name in terms.names] for mark in marks])
    n = len(marks)

    def rows(of: np.ndarray) -> np.ndarray:
        counted, squared = counting.astype(float) @ of, square.astype(float) @ of
        return np.concatenate([counted, squared]) if b is None else counted + b**2 * squared

    if a is None or b is None:
        sources = ("counted", PROPORTIONAL) if b is None else ("counted",)
        names = tuple(f"{name}{mark}" for name in sources for mark in marks)
        held = np.array([np.nan if a is None else a**2] * n + [np.nan] * n)[: len(names)]
        both = replace(terms, names=names, terms=rows(terms.terms), crystal=None)
        found = fit_error_model(groups, value, both, rows(given_mean), held=held)
    else:
        found = np.full(n, a**2)
    proportional = found[n:] if b is None else found * b**2
    return found[:n] @ counting + proportional @ square


def _shared(groups: Groups, terms: VarianceTerms) -> tuple[int, SharedErrors] | None:
    """Which of the terms, if any, is that of errors that observations by one crystal share, and these."""
    if terms.crystal is None or CRYSTALS not in terms.names:
        return None
    return terms.names.index(CRYSTALS), SharedErrors(groups, terms.crystal)


def _design(
    groups: Groups, weight: np.ndarray, terms: np.ndarray, shared: tuple[int, SharedErrors] | None
) -> np.ndarray:
    """(K, N) what each of ``terms`` (K, N) adds to the variance of (value - weighted mean of the others)."""
    found = np.array([exact_design(groups, weight, term) for term in terms])
    if shared is not None:
        at, errors = shared
        found[at] = terms[at] * errors.of_differences(weight)
    return found


def _by_scales(groups: Groups, weight: np.ndarray, terms: VarianceTerms) -> np.ndarray:
    """(N,) what errors of the scales add to the variance of differences, and what their fit takes from it."""
    if terms.scales is None:
        return exact_design(groups, weight, terms.fixed)
    return terms.scales.of_differences(groups, weight)


def _non_negative(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """The solution (K,) of matrix x = vector with negative elements set to zero, the most negative first.

    The matrix is not symmetric where the terms are by observed means, so that this is no least squares (scipy's nnls).
    """
    free = np.diag(matrix) > 0
    x = np.zeros(len(vector))
    while free.any():
        part = np.linalg.lstsq(matrix[np.ix_(free, free)], vector[free], rcond=1e-10)[0]
        if (part >= 0).all():
            x[free] = part
            break
        free[np.flatnonzero(free)[np.argmin(part * np.sqrt(np.diag(matrix)[free]))]] = False
    return np.maximum(x, 1e-9)


def variance_terms(
    observations: Observations,
    intensities: Intensities,
    scale: tuple[np.ndarray, np.ndarray],
    moments: Moments,
    crystals: tuple[np.ndarray, np.ndarray] | None = None,
) -> VarianceTerms:
    """Where the variance of scaled intensities comes from.

    scale: g (N,) and var g; moments: (N,) those of each observation's group;
    crystals: where there are several, that of each observation, and S (N,), the mean intensity at its resolution.
    Shot noise follows what the equivalents say, not the observation's own count: else low counts weigh more
    and the merged intensity comes out low.
    """
    g, g_variance = scale
    expected, square = moments
    named = background_terms(observations, intensities, g)
    if has_shot_noise(observations, intensities):
        named = {SIGNAL: observations.gain / g * expected, **named}
    named[PROPORTIONAL] = square
    if crystals is not None:
        named[CRYSTALS] = expected * crystals[1] / observations.d**2
    named["partial"] = (1 / observations.partiality - 1) ** 2 * square
    kept = {name: term for name, term in named.items() if (term > 0).any()}
    fixed, crystal = square * g_variance / g**2, None if crystals is None else crystals[0]
    return VarianceTerms(tuple(kept), np.array(list(kept.values())), fixed, crystal=crystal)


def has_shot_noise(observations: Observations, intensities: Intensities) -> bool:
    """Whether variances hold the shot noise of the signal; of files that were scaled before, not all do."""
    return bool(np.mean(intensities.variance < observations.gain * intensities.value) < 0.01)


def background_terms(observations: Observations, intensities: Intensities, g: np.ndarray) -> dict[str, np.ndarray]:
    """(N,) the parts of integrated variances that are not shot noise of the signal, on the common scale.

    All of them where the shot noise is not known apart. The variance of a sum holds its size, below zero too
    (Leslie 1999, Acta Cryst. D55, 1696); that of a fit nothing of it there.
    """
    share, split = intensities.profile_share, has_shot_noise(observations, intensities)
    sources = {
        "profile": (share, np.maximum(observations.profile, 0.0), observations.profile_variance),
        "summed": (1 - share, np.abs(observations.summed), observations.summed_variance),
    }
    named = {}
    for name, (part, signal, variance) in sources.items():
        known = np.where(np.isfinite(variance), variance, 0.0)
        rest = np.maximum(known - observations.gain * signal, 0.02 * known) if split else known
        named[f"{name} background" if split else name] = part * rest / g**2
    return named


@dataclass(frozen=True, eq=False)
class SharedErrors:
    """Groups of equivalents, and the crystal (N,) by which each observation was made, as a number from 0."""

    groups: Groups
    crystal: np.ndarray

    @cached_property
    def _pairs(self) -> tuple[np.ndarray, Groups]:
        """(N,) to which reflection of which crystal each observation belongs, and the groups of such pairs."""
        n = int(self.crystal.max(initial=0)) + 1
        _, first, pair = np.unique(self.groups.label * n + self.crystal, return_index=True, return_inverse=True)
        return pair.reshape(-1), self.groups.select(first)

    def of_differences(self, weight: np.ndarray) -> np.ndarray:
        """(N,) what such an error of unit variance adds to the variance of (value - weighted mean of the others).

        The sum over crystals of the square of what each has in the difference: 1 less the share of its other
        observations for an observation's own crystal, the share of its observations for each other.
        """
        pair, of_pair = self._pairs
        by_pair = np.bincount(pair, weight, len(of_pair.label))
        own = by_pair[pair]
        others = of_pair.sum(by_pair**2)[self.groups.label] - own**2
        rest = self.groups.sum(weight)[self.groups.label] - weight
        return np.asarray((1 - (own - weight) / rest) ** 2 + np.maximum(others, 0.0) / rest**2)


@dataclass(frozen=True, eq=False)
class ScaleErrors:
    """Possible errors (N, k) of scaled intensities by their scales; ``taken``: what the fit took from the residuals.

    Means of products over k are covariances.
    """

    draws: np.ndarray
    taken: np.ndarray

    @classmethod
    def of(cls, draws: np.ndarray, groups: Groups, weight: np.ndarray, factor: float = 1.0) -> ScaleErrors:
        """draws: (N, k) errors with the covariance F C, F = ``factor``.

        groups and weight (N,) are those of the fit, the weight 0 for observations that took no part.
        """
        total = np.maximum(groups.sum(weight), 1e-300)
        taken = np.zeros_like(draws)
        for error, own in zip(draws.T, taken.T):
            mean = groups.sum(weight * error) / total
            own[:] = np.where(weight > 0, error - mean[groups.label], 0.0) / factor
        return cls(draws, taken)

    def select(self, rows: np.ndarray) -> ScaleErrors:
        """Of some of the observations."""
        return ScaleErrors(self.draws[rows], self.taken[rows])

    def of_differences(self, groups: Groups, weight: np.ndarray) -> np.ndarray:
        """(N,) what is to be added to the variance of (value - weighted mean of the others); mostly below zero."""
        added = np.zeros(len(weight))
        for error, own in zip(self.draws.T, self.taken.T):
            difference = error - others(groups, error, weight)[0]
            added += difference * (difference - 2 * (own - others(groups, own, weight)[0]))
        return added / max(self.draws.shape[1], 1)
