"""Whether profile-fitted intensities agree with summed ones, and sums hold all of a spot.

Sums over a foreground are right whatever the shape of spots, as far as they reach; fits are as good as their profile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.integrate.summation import WHOLE
from gnomon.steps.integrate.width_fit import SpotMoments

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

Row = list[float]


def profile_against_sum(table: Reflections) -> dict[str, list[Row]]:
    """Shells as rows: from, to, number, fitted over summed intensity, and its sigma.

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
        "d": [_row(rows, t["d"], pairs) for rows in _equal_counts(-t["d"])],
        "strength": [[low, high, *_ratio(rows, pairs)] for low, high, rows in _between(strength, STRENGTHS)],
        "zeta": [[low, high, *_ratio(rows, pairs)] for low, high, rows in _between(np.abs(t["zeta"]), ZETAS)],
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


def _row(rows: np.ndarray, value: np.ndarray, pairs: tuple[np.ndarray, ...]) -> Row:
    """The range of ``value`` in a shell, and its ratio."""
    return [float(value[rows].max()), float(value[rows].min()), *_ratio(rows, pairs)]


def _ratio(rows: np.ndarray, pairs: tuple[np.ndarray, ...]) -> Row:
    """Number, weighted sum of fits over that of sums, and its sigma from the scatter of their differences."""
    fitted, summed, weight = (column[rows] for column in pairs)
    total = float((weight * summed).sum())
    if total <= 0:
        return [len(rows), 1.0, np.inf]
    ratio = float((weight * fitted).sum()) / total
    return [len(rows), ratio, float(np.sqrt((weight**2 * (fitted - ratio * summed) ** 2).sum())) / total]


def warnings(experiments: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each experiment whose fits are off its sums, and one for each whose sums leave part of spots out.

    experiments: the statistics of each. Only what is above the tolerance beyond doubt; of each kind the worst shell.
    """
    lines = []
    for number, e in enumerate(experiments):
        shells = [(kind, row) for kind, rows in e["fit_over_sum"].items() for row in rows]
        off = [(abs(r[3] - 1), kind, r) for kind, r in shells if abs(r[3] - 1) > max(TOLERANCE, SIGNIFICANT * r[4])]
        if off:
            _, kind, (low, high, n, ratio, sigma) = max(off)
            where = f"{low:.3g} to {high:.3g} {UNITS[kind]}"
            lines.append(
                f"experiment {number}: fits differ from sums by {100 * (ratio - 1):+.1f}({100 * sigma:.1f}) % "
                f"at {where} ({n:.0f} reflections)"
            )
        short = [row for row in e["recorded"] if 1 - row[3] > max(MISSING, SIGNIFICANT * row[4])]
        if short:
            low, high, n, share, _ = min(short, key=lambda row: row[3])
            lines.append(
                f"experiment {number}: sums at {low:.3g} to {high:.3g} Å go on growing: "
                f"a foreground 1.25 times as large holds {100 * (1 / share - 1):.1f} % more ({n:.0f} spots)"
            )
    return lines


def recorded_shares(moments: SpotMoments) -> list[Row]:
    """Shells of d as rows: from, to (Å), number of strong spots, their share within the foreground, and its sigma.

    The share is that of the counts in the larger foreground that spots were gathered in (1.25 times the radius, and the
    rotation): where it is small, sums go on growing, and intensities are too low.
    """
    share, weight = moments.shares.sum(axis=1), moments.weight
    out = []
    for rows in _doubling_counts(-moments.d):
        total = weight[rows].sum()
        mean = float((weight[rows] * share[rows]).sum() / total)
        scatter = float(np.sqrt((weight[rows] ** 2 * (share[rows] - mean) ** 2).sum()) / total)
        out.append([float(moments.d[rows].max()), float(moments.d[rows].min()), len(rows), mean, scatter])
    return out
