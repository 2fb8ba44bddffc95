"""How well each data set fits in with others: those that do not are outliers, each with a reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.steps.correlation_matrix.compared import Compared
from gnomon.steps.correlation_matrix.scores import scores

_LEAST_SHARED = 10
_SURE = 4.0
_LEAST_CC = 0.1
_MISFIT = 6.0  # robust standard deviations beyond the median
_TWICE = 2.0  # as far from the rest as the median data set is: crystals of one kind differ by half as much again
_NORMAL = 1.4826


@dataclass(frozen=True, eq=False)
class Fit:
    """(n,) of each data set with the mean of the others: reflections shared, CC, and mean squared misfit in sigma."""

    shared: np.ndarray
    cc: np.ndarray
    misfit: np.ndarray


def fit_with_others(data: Compared, members: np.ndarray) -> Fit:
    """How each of the members agrees with the weighted mean of the other members."""
    own = data.of(members)
    r, k, w, x, m = own.reflection, own.owner, own.weight, own.value, len(own.s2)
    others = np.bincount(r, w, m)[r] - w
    both = others > 1e-6
    r, k, w, x, others = r[both], k[both], w[both], x[both], others[both]
    total = np.bincount(own.reflection, own.weight * own.value, m)[r] - w * x
    M, u = total / others, 1 / (1 / w + 1 / others)

    def mean(values: np.ndarray, by: np.ndarray) -> np.ndarray:
        return np.bincount(k, by * values, own.n) / np.maximum(np.bincount(k, by, own.n), 1e-30)

    even = 1 / (1 + 1 / w + 1 / others)
    dx, dM = x - mean(x, even)[k], M - mean(M, even)[k]
    spread = mean(dx * dx, even) * mean(dM * dM, even)
    cc = np.where(spread > 0, mean(dx * dM, even) / np.sqrt(np.where(spread > 0, spread, 1)), 0.0)
    return Fit(np.bincount(k, minlength=own.n), cc, mean((x - M) ** 2 * u, np.ones(len(x))))


def attached(data: Compared, least: int) -> tuple[np.ndarray, dict[int, str]]:
    """The data sets that have something in common with others, and the reasons of the rest by number.

    The worst is left out and the rest looked at again, until each of the rest correlates with the mean of the others
    by more than four times the error of a correlation (Fisher's z).
    """
    reasons = {int(i): f"only {data.counts[i]} unique reflections" for i in np.flatnonzero(data.counts < least)}
    kept = np.flatnonzero(data.counts >= least)
    while len(kept) > 1:
        fit = fit_with_others(data, kept)
        sure = np.arctanh(np.clip(fit.cc, -0.999999, 0.999999)) * np.sqrt(np.maximum(fit.shared - 3, 0))
        sure = np.where((fit.shared >= _LEAST_SHARED) & (fit.cc > _LEAST_CC), sure, np.minimum(sure, 0))
        worst = kept[np.argmin(sure[kept])]
        if sure[worst] > _SURE:
            return kept, reasons
        reasons[int(worst)] = (
            f"correlates with no other data set: CC {fit.cc[worst]:.2f} with the mean of the rest, "
            f"{fit.shared[worst]} reflections shared"
        )
        kept = kept[kept != worst]
    for i in kept:
        reasons[int(i)] = "no other data set is left that it correlates with"
    return kept[:0], reasons


def misfits(data: Compared, cluster: np.ndarray) -> dict[int, str]:
    """The reasons of data sets that differ from their cluster by far more than the others and than their errors.

    In units of their errors, which tells weak data from wrong ones, and in correlation too: the errors of a strong data
    set may be too small, which makes it no other crystal.
    """
    if len(cluster) < 4:
        return {}
    fit = fit_with_others(data, cluster)
    value = fit.misfit[cluster]
    middle = float(np.median(value))
    spread = max(_NORMAL * float(np.median(np.abs(value - middle))), 0.05 * middle)
    rest = float(np.median(fit.cc[cluster]))
    apart = 1 - fit.cc[cluster] > _TWICE * (1 - rest)
    found = cluster[(value > middle + _MISFIT * spread) & (value > _TWICE**2 * middle) & apart]
    return {
        int(i): f"intensities {np.sqrt(fit.misfit[i] / middle):.1f} times as far from the mean of its cluster as the "
        f"median data set is; CC {fit.cc[i]:.3f} with it, others {rest:.3f}"
        for i in found
    }


def between(data: Compared, clusters: list[np.ndarray], number: int) -> dict[int, str]:
    """The reasons of members of a cluster that are hardly nearer to it than to another, by their errors."""
    found: dict[int, str] = {}
    for other, members in enumerate(clusters):
        if other == number:
            continue
        label = np.full(data.n, -1)
        label[clusters[number]], label[members] = 1, 0
        s = scores(data, label)
        for i in clusters[number]:
            if s.place[i] - 0.5 < 3 * s.error[i]:
                found[int(i)] = (
                    f"lies between cluster_{number} and cluster_{other}: {s.place[i]:.2f} ± {s.error[i]:.2f} of "
                    f"the way to the first; a mixture, or too weak to tell"
                )
    return found
