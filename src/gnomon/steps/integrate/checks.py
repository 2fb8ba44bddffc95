"""The numbers by which an integration is judged, and what the user should know of it.

Sums over a foreground are right whatever the shape of spots, as far as they reach; fits are as good as their profile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from gnomon.maths.intensities.shells import shells_that_tell
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.sample import POOL_STRENGTH, Sample
from gnomon.steps.integrate.summary import ComparedShell, ExperimentSummary, Residual, ResolutionShell
from gnomon.steps.integrate.summation import WHOLE
from gnomon.steps.integrate.width_fit import SpotMoments, WidthFit
from gnomon.steps.integrate.widths import CAUSES, SpotWidths
from gnomon.summary import Decision

RESOLUTION_SHELLS = 10


def experiment_summary(
    table: Reflections, sample: Sample, widths: SpotWidths, unmeasured: dict[str, int]
) -> ExperimentSummary:
    """The figures of one experiment; with both checks."""
    summed, fitted = table.has(Flag.INTEGRATED_SUM), table.has(Flag.INTEGRATED_PRF)
    done = summed | fitted
    return ExperimentSummary(
        sigma_b=widths.sigma_b,
        sigma_m=widths.sigma_m,
        causes={name: getattr(widths, name) for name in CAUSES},
        spots=sample.spots,
        predicted=len(table),
        summed=int(summed.sum()),
        fitted=int(fitted.sum()),
        references=int(table.has(Flag.REFERENCE_SPOT).sum()),
        partial=int((done & (table["partiality"] < WHOLE)).sum()),
        overloaded=int(table.has(Flag.OVERLOADED).sum()),
        overlapped=int(table.has(Flag.OVERLAPPED_FG).sum()),
        on_rings=int(table.has(Flag.IN_POWDER_RING).sum()),
        bad_pixels=int(table.has(Flag.FOREGROUND_INCLUDES_BAD_PIXELS).sum()),
        not_integrated=int((~done).sum()),
        unmeasured=unmeasured,
        residuals=_residuals(table),
        shells=_shells(table, summed, fitted),
        fit_over_sum=profile_against_sum(table),
        recorded=recorded_shares(sample.moments) if sample.moments is not None else (),
    )


def _residuals(table: Reflections) -> tuple[Residual, Residual, Residual]:
    """Median and robust standard deviation of observed minus predicted x, y (px) and z (images) of strong spots."""
    reference = table.has(Flag.REFERENCE_SPOT)
    offset = (table["xyzobs.px.value"] - table["xyzcal.px"])[reference]
    if not len(offset):
        return Residual(0.0, 0.0), Residual(0.0, 0.0), Residual(0.0, 0.0)
    middle = np.median(offset, axis=0)
    spread = 1.4826 * np.median(np.abs(offset - middle), axis=0)
    x, y, z = (Residual(float(m), float(s)) for m, s in zip(middle, spread))
    return x, y, z


def _shells(table: Reflections, summed: np.ndarray, fitted: np.ndarray) -> tuple[ResolutionShell, ...]:
    """Shells of equal counts, low resolution first."""
    done = np.flatnonzero(summed | fitted)
    if not len(done):
        return ()
    order = done[np.argsort(-table["d"][done], kind="stable")]
    rows = []
    for part in np.array_split(order, shells_that_tell(len(order), RESOLUTION_SHELLS)):
        s, f = part[summed[part]], part[fitted[part]]
        rows.append(
            ResolutionShell(
                float(table["d"][part].max()),
                float(table["d"][part].min()),
                len(s),
                len(f),
                _i_over_sigma(table, "sum", s),
                _i_over_sigma(table, "prf", f),
                float(table["profile.correlation"][f].mean()) if len(f) else 0.0,
                float(table["background.mean"][part].mean()),
            )
        )
    return tuple(rows)


def _i_over_sigma(table: Reflections, kind: str, rows: np.ndarray) -> float:
    """Mean I / sigma; 0 of no rows."""
    value, variance = table[f"intensity.{kind}.value"][rows], table[f"intensity.{kind}.variance"][rows]
    return float((value / np.sqrt(np.maximum(variance, 1e-12))).mean()) if len(rows) else 0.0


COMPARED_SHELLS = 6
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


class _Pairs(NamedTuple):
    """Fitted and summed intensity (N,) of the same reflections, and the weight of each pair."""

    fitted: np.ndarray
    summed: np.ndarray
    weight: np.ndarray


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
    pairs = _Pairs(fitted, summed, weight)
    strength = fitted / np.sqrt(np.maximum(t["intensity.prf.variance"], 1e-12))
    return {
        "d": tuple(_within(rows, t["d"], pairs) for rows in _equal_counts(-t["d"])),
        "strength": tuple(_ratio(*shell, pairs) for shell in _between(strength, STRENGTHS)),
        "zeta": tuple(_ratio(*shell, pairs) for shell in _between(np.abs(t["zeta"]), ZETAS)),
    }


def _equal_counts(value: np.ndarray) -> list[np.ndarray]:
    """Rows in the order of ``value``, in at most COMPARED_SHELLS parts of LEAST_ROWS or more."""
    if not len(value):
        return []
    return np.array_split(np.argsort(value, kind="stable"), max(1, min(COMPARED_SHELLS, len(value) // LEAST_ROWS)))


def _doubling_counts(value: np.ndarray) -> list[np.ndarray]:
    """Rows in the order of ``value``, in COMPARED_SHELLS parts of which each has twice as many as the one before."""
    shares = (2 ** np.arange(1, COMPARED_SHELLS) - 1) / (2**COMPARED_SHELLS - 1)
    parts = np.split(np.argsort(value, kind="stable"), (shares * len(value)).astype(int))
    return [part for part in parts if len(part)]


def _between(value: np.ndarray, edges: Sequence[float]) -> Iterator[tuple[float, float, np.ndarray]]:
    """Each pair of edges with the rows whose value is between them, where there are any."""
    for low, high in pairwise(edges):
        rows = np.flatnonzero((value >= low) & (value < high))
        if len(rows):
            yield low, high, rows


def _within(rows: np.ndarray, value: np.ndarray, pairs: _Pairs) -> ComparedShell:
    """The shell of ``rows``, from the largest ``value`` to the smallest."""
    return _ratio(float(value[rows].max()), float(value[rows].min()), rows, pairs)


def _ratio(low: float, high: float, rows: np.ndarray, pairs: _Pairs) -> ComparedShell:
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


FEW = 50
"""Strong spots below which what comes from elsewhere shows in widths and profiles."""
LEAST_ROCKING = 10.0
"""Well-recorded spots below which a rocking width is not the sweep's own."""


def pooling_decisions(
    experiments: Experiments, samples: Sequence[Sample], fits: Sequence[WidthFit], params: IntegrateParams
) -> list[Decision]:
    """What widths and profiles are used, and why, for each set of sweeps whose spots are too few to find their own."""
    found = []
    for _, members in experiments.groups_sharing("detector"):
        few = [n for n in members if samples[n].spots < FEW]
        if few:
            found.append(_few_spots(few, [samples[n].spots for n in few], len(members), len(samples), params))
        unsure = [n for n in members if n not in few and fits[n].rocking < LEAST_ROCKING and not params.sigma_m]
        if unsure:
            found.append(_cut_by_the_scan(unsure, fits, alone=len(unsure) == len(members)))
    return found


def _cut_by_the_scan(unsure: Sequence[int], fits: Sequence[WidthFit], alone: bool) -> Decision:
    """Where the rocking widths of sweeps come from whose spots are cut by the ends of the scan."""
    which = f"sweep{'s' if len(unsure) > 1 else ''} {', '.join(map(str, unsure[:8]))}{', ...' * (len(unsure) > 8)}"
    origin = (
        "by which predictions of found spots lie beyond the scan" if alone else "of the other sweeps on the detector"
    )
    least, most = (bound(fits[n].rocking for n in unsure) for bound in (min, max))
    spots = f"{least:.0f}" if f"{least:.0f}" == f"{most:.0f}" else f"{least:.0f} to {most:.0f}"
    reason = f"the ends of the scan cut nearly all spots ({spots} tell it)"
    return Decision(f"{which}: rocking width {origin}", reason, {"least": least, "most": most}, "sigma_m")


def _few_spots(few: list[int], spots: list[int], n_together: int, n_sweeps: int, params: IntegrateParams) -> Decision:
    """What serves sweeps with few spots."""
    given = params.sigma_b and params.sigma_m
    widths = "widths as given" if given else f"widths drawn to those of all sweeps (worth {POOL_STRENGTH:g} spots)"
    pooled = (
        f"profiles learned from all {n_together} sweeps on its detector" if n_together > 1 else "profile near normal"
    )
    used = [pooled] if n_sweeps == 1 else [pooled, widths]
    evidence, parameter = {"fewest": min(spots), "most": max(spots), "sweeps": len(few)}, "" if given else "sigma_b"
    if len(few) > 8:
        reason = f"they have {min(spots)} to {max(spots)} strong spots"
        return Decision(f"{len(few)} sweeps: {', '.join(used)}", reason, evidence, parameter)
    which = f"sweep{'s' if len(few) > 1 else ''} {', '.join(map(str, few))}"
    reason = f"of only {', '.join(map(str, spots))} strong spots"
    return Decision(f"{which}: {', '.join(used)}", reason, evidence, parameter)


def readout_noise(noises: Sequence[float]) -> list[Decision]:
    """The noise of readout (photons) of the experiments whose counts are noise about zero, others being 0."""
    positive = [noise for noise in noises if noise > 0]
    if not positive:
        return []
    span = " to ".join(dict.fromkeys(f"{noise:.2f}" for noise in (min(positive), max(positive))))
    what = f"counts below zero are trusted: readout adds {span} photons r.m.s. to a pixel, which sigmas take in"
    return [Decision(what, evidence={"least": min(positive), "most": max(positive)}, parameter="trusted_range")]
