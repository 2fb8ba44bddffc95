"""Whether profile-fitted intensities agree with summed ones, and sums hold all of a spot.

Sums over a foreground are right whatever the shape of spots, as far as they reach; fits are as good as their profile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.integrate.summary import ComparedShell, ExperimentSummary
from gnomon.steps.integrate.summation import WHOLE
from gnomon.steps.integrate.width_fit import SpotMoments
from gnomon.summary import Decision

SHELLS = 6
LEAST_ROWS = 50
"""Reflections of a shell, at least, on average."""
STRENGTHS = (0.0, 3.0, 10.0, 30.0, np.inf)
"""Edges of shells of intensity, in I/sigma of the fit."""
ZETAS = (0.05, 0.2, 0.4, 0.7, 1.0)
TOLERANCE = 0.01
"""Relative difference of fits from sums above which is warned."""
MISSING = 0.02
"""Share of a sum that may lie beyond the foreground: a Gaussian leaves .005 to .01 there."""
UNITS = {"d": "Å", "strength": "I/sigma", "zeta": "zeta"}
SIGNIFICANT = 4.0
"""Standard deviations above which a difference is one: of some 20 shells none comes so far by chance."""


def profile_against_sum(table: Reflections) -> dict[str, tuple[ComparedShell, ...]]:
    """Fitted over summed intensity in shells.

    Of whole reflections with both that share no pixel with a neighbour; keys "d", "strength" and "zeta". Shells of
    strength are of fitted I/sigma: a choice by the sum (or by both) would prefer sums that are too high; a fit with the
    right profile has the least variance, and its error therefore no correlation with its difference from the sum
    (Hausman 1978, Econometrica 46, 1251). Weights are inverse variances with the fit in the place of the sum, for the
    same reason.
    """
    both = table.has(Flag.INTEGRATED_SUM) & table.has(Flag.INTEGRATED_PRF) & (table["partiality"] > WHOLE)
    t = table.select(both & ~table.has(Flag.OVERLAPPED_FG))
    part = t["partiality"]
    fitted, summed = t["intensity.prf.value"], t["intensity.sum.value"] / part
    weight = 1 / np.maximum(
        t["intensity.sum.variance"] - np.abs(t["intensity.sum.value"]) + np.maximum(fitted, 0), 1e-9
    )
    pairs = (fitted, summed, weight)
    strength = fitted / np.sqrt(np.maximum(t["intensity.prf.variance"], 1e-12))
    return {
        "d": tuple(_within(rows, t["d"], pairs) for rows in _equal_counts(-t["d"])),
        "strength": tuple(_ratio(*shell, pairs) for shell in _between(strength, STRENGTHS)),
        "zeta": tuple(_ratio(*shell, pairs) for shell in _between(np.abs(t["zeta"]), ZETAS)),
    }


def _equal_counts(value: np.ndarray) -> list[np.ndarray]:
    """Rows in the order of ``value``, in at most SHELLS parts of LEAST_ROWS or more."""
    if not len(value):
        return []
    return np.array_split(np.argsort(value, kind="stable"), max(1, min(SHELLS, len(value) // LEAST_ROWS)))


def _doubling_counts(value: np.ndarray) -> list[np.ndarray]:
    """Rows in the order of ``value``, in SHELLS parts of which each has twice as many as the one before."""
    shares = (2 ** np.arange(1, SHELLS) - 1) / (2**SHELLS - 1)
    parts = np.split(np.argsort(value, kind="stable"), (shares * len(value)).astype(int))
    return [part for part in parts if len(part)]


def _between(value: np.ndarray, edges: Sequence[float]) -> Iterator[tuple[float, float, np.ndarray]]:
    """Each pair of edges with the rows whose value is between them, where there are any."""
    for low, high in pairwise(edges):
        rows = np.flatnonzero((value >= low) & (value < high))
        if len(rows):
            yield low, high, rows


def _within(rows: np.ndarray, value: np.ndarray, pairs: tuple[np.ndarray, ...]) -> ComparedShell:
    """The shell of ``rows``, from the largest ``value`` to the smallest."""
    return _ratio(float(value[rows].max()), float(value[rows].min()), rows, pairs)


def _ratio(low: float, high: float, rows: np.ndarray, pairs: tuple[np.ndarray, ...]) -> ComparedShell:
    """Weighted sum of fits over that of sums, and its sigma from the scatter of their differences."""
    fitted, summed, weight = (column[rows] for column in pairs)
    total = float((weight * summed).sum())
    if total <= 0:
        return ComparedShell(low, high, len(rows), 1.0, np.inf)
    ratio = float((weight * fitted).sum()) / total
    sigma = float(np.sqrt((weight**2 * (fitted - ratio * summed) ** 2).sum())) / total
    return ComparedShell(low, high, len(rows), ratio, sigma)


def disagreements(experiments: Sequence[ExperimentSummary]) -> list[Decision]:
    """One for each experiment whose fits are off its sums, and one for each whose sums leave part of spots out.

    Only what is above the tolerance beyond doubt; of each kind the worst shell.
    """
    found = []
    for number, e in enumerate(experiments):
        shells = [(kind, shell) for kind, of_kind in e.fit_over_sum.items() for shell in of_kind]
        off = [(kind, s) for kind, s in shells if abs(s.ratio - 1) > max(TOLERANCE, SIGNIFICANT * s.sigma)]
        if off:
            found.append(_fits_off(number, *max(off, key=lambda pair: abs(pair[1].ratio - 1))))
        short = [s for s in e.recorded if 1 - s.ratio > max(MISSING, SIGNIFICANT * s.sigma)]
        if short:
            found.append(_sums_short(number, min(short, key=lambda shell: shell.ratio)))
    return found


def _fits_off(number: int, kind: str, s: ComparedShell) -> Decision:
    """That fits of an experiment differ from its sums."""
    what = f"experiment {number}: fits differ from sums by {100 * (s.ratio - 1):+.1f}({100 * s.sigma:.1f}) %"
    where = f"at {s.low:.3g} to {s.high:.3g} {UNITS[kind]} ({s.count} reflections)"
    return Decision(f"{what} {where}", evidence={"ratio": s.ratio, "sigma": s.sigma, "reflections": s.count})


def _sums_short(number: int, s: ComparedShell) -> Decision:
    """That sums of an experiment leave out part of its spots."""
    what = f"experiment {number}: sums at {s.low:.3g} to {s.high:.3g} Å go on growing"
    more = f"a foreground 1.25 times as large holds {100 * (1 / s.ratio - 1):.1f} % more ({s.count} spots)"
    evidence = {"share": s.ratio, "sigma": s.sigma, "spots": s.count}
    return Decision(what, more, evidence, "n_sigma", link=": ")


def recorded_shares(moments: SpotMoments) -> tuple[ComparedShell, ...]:
    """The share of strong spots within the foreground, in shells of d (Å).

    The share is that of the counts in the larger foreground that spots were gathered in (1.25 times the radius, and the
    rotation): where it is small, sums go on growing, and intensities are too low.
    """
    share, weight = moments.shares.sum(axis=1), moments.weight
    out = []
    for rows in _doubling_counts(-moments.d):
        total = weight[rows].sum()
        mean = float((weight[rows] * share[rows]).sum() / total)
        scatter = float(np.sqrt((weight[rows] ** 2 * (share[rows] - mean) ** 2).sum()) / total)
        ends = float(moments.d[rows].max()), float(moments.d[rows].min())
        out.append(ComparedShell(*ends, len(rows), mean, scatter))
    return tuple(out)
