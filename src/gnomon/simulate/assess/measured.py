"""Which reflections were measured, and how sums and profile fits agree with each other and with truth, by angle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.simulate.assess.frame import match
from gnomon.simulate.truth import Truth

WHOLE = 0.99
"""Share of the rocking curve within the scan, and of the photons on live pixels, that makes a reflection whole."""
N_SHELLS = 8


@dataclass(frozen=True)
class Ratio:
    """Of two sums, and the standard deviation that the scatter of the single reflections gives it."""

    value: float
    sigma: float

    @classmethod
    def of(cls, above: np.ndarray, below: np.ndarray) -> Ratio:
        """Of the sums over (N,) reflections; nan for none."""
        total = below.sum()
        if len(below) == 0 or total == 0:
            return cls(np.nan, np.nan)
        value = above.sum() / total
        return cls(float(value), float(np.sqrt(((above - value * below) ** 2).sum()) / abs(total)))


@dataclass(frozen=True)
class Shell:
    """Whole reflections between two values of what shells are cut by."""

    low: float
    high: float
    n: int
    fit_to_sum: Ratio
    sum_to_true: Ratio
    fit_to_true: Ratio


@dataclass(frozen=True)
class MeasuredFigures:
    """How many of the whole true reflections have an intensity, and what it is worth."""

    n_true: int
    measured: float  # fraction with a sum or a fit
    fitted: float  # fraction with a fit
    shells: list[Shell]  # of 2theta, degrees, equally wide

    @property
    def worst_fit_to_sum(self) -> float:
        """The ratio of profile-fitted to summed intensity farthest from one."""
        values = [s.fit_to_sum.value for s in self.shells if np.isfinite(s.fit_to_sum.value)]
        return max(values, key=lambda v: abs(v - 1), default=np.nan)


def measured_figures(truth: Truth, experiments: Experiments, reflections: Reflections) -> MeasuredFigures:
    """The figures of integrate's files, on whole reflections of the first lattice."""
    r = truth.reflections
    whole = (r.partiality > WHOLE) & (r.counts > WHOLE * (r.counts + r.lost)) & (r.lattice == 0)
    row = match(truth, experiments, reflections)
    known = (row >= 0) & whole[row]
    used, row = reflections.select(known), row[known]
    summed, fitted = used.has(Flag.INTEGRATED_SUM), used.has(Flag.INTEGRATED_PRF)
    both = summed & fitted
    at = two_theta(r.hkl, truth)
    edges = np.linspace(0, at[whole].max(initial=1e-6), N_SHELLS + 1)
    fit, total = (used[f"intensity.{kind}.value"][both] for kind in ("prf", "sum"))
    return MeasuredFigures(
        int(whole.sum()),
        _fraction(row[summed | fitted], whole),
        _fraction(row[fitted], whole),
        shells_of(at[row[both]], edges, fit, total, r.counts[row[both]]),
    )


def two_theta(hkl: np.ndarray, truth: Truth) -> np.ndarray:
    """(N,) degrees."""
    d = d_spacing(hkl, np.array(truth.numbers["cell"]))
    return np.rad2deg(2 * np.arcsin(truth.numbers["wavelength"] / (2 * d)))


def shells_of(
    at: np.ndarray, edges: Sequence[float] | np.ndarray, fit: np.ndarray, summed: np.ndarray, true: np.ndarray
) -> list[Shell]:
    """A shell for each two of the ascending ``edges``, the last one closed; all (N,) but those."""
    where = np.clip(np.searchsorted(edges, at, side="right") - 1, 0, len(edges) - 2)
    inside = (at >= edges[0]) & (at <= edges[-1])
    shells = []
    for i, (low, high) in enumerate(pairwise(edges)):
        rows = inside & (where == i)
        f, s, t = fit[rows], summed[rows], true[rows]
        pairs = ((f, s), (s, t), (f, t))
        shells.append(Shell(float(low), float(high), int(rows.sum()), *(Ratio.of(a, b) for a, b in pairs)))
    return shells


def _fraction(rows: np.ndarray, whole: np.ndarray) -> float:
    """How many of the whole reflections are among ``rows``, each counted once."""
    return len(np.unique(rows)) / max(int(whole.sum()), 1)
