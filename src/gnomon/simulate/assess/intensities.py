"""Merged intensities and the claimed sigmas, against truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import to_asu
from gnomon.simulate.assess.observations import Observations, look_up
from gnomon.simulate.truth import Truth


@dataclass(frozen=True)
class MergedIntensities:
    """Unique reflections that a program measured."""

    hkl: np.ndarray  # (M, 3) in the true asymmetric unit
    d: np.ndarray  # (M,) Å
    mean: np.ndarray  # (M,) weighted by 1 / sigma²
    true: np.ndarray  # (M,) on the same scale

    def select(self, keep: np.ndarray) -> MergedIntensities:
        """Those at ``keep``."""
        return MergedIntensities(self.hkl[keep], self.d[keep], self.mean[keep], self.true[keep])

    @property
    def cc(self) -> float:
        """Correlation with truth."""
        return correlation(self.mean, self.true)

    @property
    def r(self) -> float:
        """sum(abs(mean - true)) / sum(true)."""
        return float(np.abs(self.mean - self.true).sum() / self.true.sum())

    def within(self, shell: tuple[float, float]) -> MergedIntensities:
        """Those between two resolutions, upper and lower d in Å."""
        return self.select((self.d <= shell[0]) & (self.d > shell[1]))

    def shared_with(self, other: MergedIntensities) -> MergedIntensities:
        """Those that ``other`` has too."""
        _, known = look_up(self.hkl, other.hkl, other.mean)
        return self.select(known)


@dataclass(frozen=True)
class IntensityFigures:
    """Correlation and R against truth, and the spread of (I - truth) / sigma, which should be one."""

    n_observations: int
    merged: MergedIntensities
    cc: float
    r: float
    cc_weak: float  # in the shell where the true merged <I/sigma> is nearest to two
    d_weak: tuple[float, float]  # Å, that shell
    i_over_sigma_weak: float  # what truth says it is
    cc_shells: np.ndarray  # (10,)
    spread_shells: np.ndarray  # (10,) from low resolution to high
    spread_deciles: np.ndarray  # (10,) from weak true intensity to strong


def intensity_figures(observed: Observations, truth: Truth) -> IntensityFigures:
    """All figures of merit of scaled observations."""
    unique = merged(observed)
    upper, lower, significance = weak_shell(truth)
    deviation = (observed.intensity - observed.true) / observed.sigma
    return IntensityFigures(
        len(observed.d),
        unique,
        unique.cc,
        unique.r,
        unique.within((upper, lower)).cc,
        (upper, lower),
        significance,
        np.array([unique.select(i).cc for i in tenths(-unique.d)]),
        np.array([spread(deviation[i]) for i in tenths(-observed.d)]),
        np.array([spread(deviation[i]) for i in tenths(observed.true)]),
    )


def merged(observed: Observations) -> MergedIntensities:
    """One row a unique reflection."""
    hkl, first, label = np.unique(observed.hkl, axis=0, return_index=True, return_inverse=True)
    weight = 1 / observed.sigma**2
    label = label.reshape(-1)
    mean = np.bincount(label, weight * observed.intensity) / np.bincount(label, weight)
    return MergedIntensities(hkl, observed.d[first], mean, observed.true[first])


def weak_shell(truth: Truth, target: float = 2.0, n_shells: int = 20) -> tuple[float, float, float]:
    """The shell (upper d, lower d in Å) in which true counts and sigmas merge to <I/sigma> nearest ``target``; that."""
    r = truth.reflections
    use = r.lattice == 0
    asu, _ = to_asu(r.hkl[use], truth.numbers["hall_symbol"])
    row, known = look_up(asu, truth.hkl, np.arange(len(truth.hkl)))
    significance = np.bincount(row[known], ((r.counts / r.sigma)[use] ** 2)[known], len(truth.hkl))
    seen = significance > 0
    d = d_spacing(truth.hkl[seen], np.array(truth.numbers["cell"]))
    edges = np.linspace(0, d.min() ** -3, n_shells + 1)
    shell = np.minimum(np.searchsorted(edges, d**-3, side="right") - 1, n_shells - 1)
    mean = np.bincount(shell, np.sqrt(significance[seen]), n_shells) / np.maximum(np.bincount(shell, None, n_shells), 1)
    best = int(np.argmin(np.abs(mean - target)))
    upper = np.inf if best == 0 else float(edges[best] ** (-1 / 3))
    return upper, float(edges[best + 1] ** (-1 / 3)), float(mean[best])


def tenths(values: np.ndarray) -> list[np.ndarray]:
    """Rows of each tenth of ``values``, the lowest first."""
    return np.array_split(np.argsort(values, kind="stable"), 10)


def spread(deviation: np.ndarray) -> float:
    """Half the width of the middle 68.3 %: the standard deviation of a normal distribution, deaf to outliers."""
    if len(deviation) == 0:
        return np.nan
    low, high = np.quantile(deviation, [0.15866, 0.84134])
    return float(high - low) / 2


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's; nan for fewer than three."""
    return float(np.corrcoef(a, b)[0, 1]) if len(a) > 2 else np.nan
