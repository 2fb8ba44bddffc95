"""Merging statistics: every figure of merit, in shells and overall."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import Group, is_absent
from gnomon.maths.intensities.agreement import Observed, half_set_correlation, r_factors, sigma_tau_correlation
from gnomon.maths.intensities.anomalous_signal import AnomalousSignal, anomalous_correlation, anomalous_signal
from gnomon.maths.intensities.merging import Groups, friedel_pairs, group_equivalents, merge
from gnomon.maths.intensities.shells import Shells, possible_per_shell, shells_by_volume, shells_that_tell
from gnomon.maths.numerics.tally import Tally, ratio
from gnomon.summary import figure


@dataclass(frozen=True, eq=False)
class ShellStatistics:
    """Figures of merit, each (n,): one a shell. R factors and correlations are nan where nothing can be compared."""

    d_max: np.ndarray  # Å
    d_min: np.ndarray
    n_observations: np.ndarray
    n_unique: np.ndarray
    n_possible: np.ndarray
    multiplicity: np.ndarray
    completeness: np.ndarray  # 0 to 1
    mean_intensity: np.ndarray
    i_over_sigma: np.ndarray  # mean of merged I / sigma
    unmerged_i_over_sigma: np.ndarray
    r_merge: np.ndarray
    r_meas: np.ndarray
    r_pim: np.ndarray
    r_merge_anomalous: np.ndarray  # I(+) and I(-) apart
    r_meas_anomalous: np.ndarray
    r_pim_anomalous: np.ndarray
    r_anom: np.ndarray
    cc_half: np.ndarray  # random halves
    cc_half_pairs: np.ndarray  # unique reflections compared
    cc_half_sigma_tau: np.ndarray
    cc_anom: np.ndarray
    anomalous_completeness: np.ndarray
    anomalous_multiplicity: np.ndarray


@dataclass(frozen=True, eq=False)
class MergingStatistics:
    """The shells, the same figures for all the data (arrays of one), and the anomalous signal."""

    shells: ShellStatistics
    overall: ShellStatistics
    signal: AnomalousSignal


@dataclass(frozen=True)
class MergingFigures:
    """The figures of merit of one shell, or of all the data."""

    d_max: float = figure("low-resolution end", unit="Å")
    d_min: float = figure("high-resolution end", unit="Å")
    n_observations: int = figure("observations")
    n_unique: int = figure("unique reflections, Friedel mates merged")
    n_possible: int = figure("unique reflections there can be")
    multiplicity: float = figure("observations per unique reflection")
    completeness: float = figure("unique reflections over possible ones, 0 to 1")
    mean_intensity: float = figure("mean merged intensity")
    i_over_sigma: float = figure("mean of merged I/sigma")
    unmerged_i_over_sigma: float = figure("mean I/sigma of observations")
    r_merge: float = figure("Rmerge; nan where nothing is compared, as all R factors and correlations")
    r_meas: float = figure("Rmeas")
    r_pim: float = figure("Rpim")
    r_merge_anomalous: float = figure("Rmerge with I(+) and I(-) apart")
    r_meas_anomalous: float = figure("Rmeas with I(+) and I(-) apart")
    r_pim_anomalous: float = figure("Rpim with I(+) and I(-) apart")
    r_anom: float = figure("sum of |I(+) - I(-)| over sum of their mean")
    cc_half: float = figure("CC1/2 of random halves")
    cc_half_pairs: int = figure("unique reflections compared for CC1/2")
    cc_half_sigma_tau: float = figure("CC1/2 by the sigma-tau method")
    cc_anom: float = figure("correlation of I(+) - I(-) between random halves")
    anomalous_completeness: float = figure("pairs of I(+) and I(-) over possible ones, 0 to 1")
    anomalous_multiplicity: float = figure("observations per unique reflection with I(+) and I(-) apart")


def shell_by_shell(statistics: ShellStatistics) -> tuple[MergingFigures, ...]:
    """The figures of each shell as plain numbers, for summaries."""
    columns = [np.asarray(getattr(statistics, f.name)).tolist() for f in fields(MergingFigures)]
    return tuple(MergingFigures(*row) for row in zip(*columns))


@dataclass(frozen=True, eq=False)
class _Data:
    """Observations grouped both ways, and the resolution of the groups."""

    intensity: np.ndarray
    variance: np.ndarray
    groups: Groups
    apart: Groups  # I(+) and I(-) apart
    d: np.ndarray


def merging_statistics(
    observations: tuple[np.ndarray, np.ndarray, np.ndarray],
    cell: np.ndarray,
    group: Group,
    *,
    shells: int | Shells = 20,
    seed: int = 0,
) -> MergingStatistics:
    """The statistics of scaled, unmerged observations; equivalents are merged with weights 1 / variance.

    observations: indices (N, 3), intensities (N,) and variances (N,), on one scale, all variances positive;
    systematically absent ones are left out. cell: (6,). shells: those given, beyond which nothing counts, or a
    number of equal volume over the data, fewer where few reflections would fill them. seed: of the random halves.
    Raises InputError where nothing is left.
    """
    data, shells = _prepare(observations, cell, group, shells)
    possible = possible_per_shell(shells, cell, group)
    return MergingStatistics(
        _in_shells(data, shells, possible, seed),
        _in_shells(data, Shells(shells.edges[[0, -1]]), possible.sum(axis=1, keepdims=True), seed),
        anomalous_signal(data.apart, merge(data.apart, data.intensity, data.variance)),
    )


def _prepare(
    observations: tuple[np.ndarray, np.ndarray, np.ndarray],
    cell: np.ndarray,
    group: Group,
    shells: int | Shells,
) -> tuple[_Data, Shells]:
    """The observations grouped, without the absent ones and those outside the shells; and the shells used."""
    hkl, intensity, variance = observations
    apart = group_equivalents(hkl, group, anomalous=True)
    d = d_spacing(apart.hkl, cell)
    keep = ~is_absent(apart.hkl, group)
    if not keep.any():
        raise InputError(f"no observations to merge in {group}: none, or all are systematically absent")
    if isinstance(shells, int):
        n = shells_that_tell(len(np.unique(apart.parent[keep])), shells)
        shells = shells_by_volume(float(d[keep].max()), float(d[keep].min()), n)
    keep &= shells.of(d) >= 0
    rows = keep[apart.label]
    apart = apart.select(rows)
    groups = apart.joined()
    data = _Data(intensity[rows], variance[rows], groups, apart, d_spacing(groups.hkl, cell))
    return data, shells


def _in_shells(data: _Data, shells: Shells, possible: np.ndarray, seed: int) -> ShellStatistics:
    tally = Tally(shells.of(data.d), len(shells))
    apart = Tally(tally.bins[data.apart.parent], len(shells))
    return ShellStatistics(
        d_max=shells.edges[:-1],
        d_min=shells.edges[1:],
        **_counts(data, tally, apart, possible),
        **_agreement(data, tally, apart, seed),
    )


def _counts(data: _Data, tally: Tally, apart: Tally, possible: np.ndarray) -> dict[str, np.ndarray]:
    merged = merge(data.groups, data.intensity, data.variance)
    observations = Tally(tally.bins[data.groups.label], tally.n)
    n, unique = observations.number(), tally.number()
    pairs = Tally(apart.bins[friedel_pairs(data.apart)[0]], tally.n)
    return {
        "n_observations": n,
        "n_unique": unique,
        "n_possible": possible[0],
        "multiplicity": ratio(n, unique),
        "completeness": ratio(unique, possible[0]),
        "mean_intensity": tally.mean(merged.intensity),
        "i_over_sigma": tally.mean(merged.intensity / merged.sigma),
        "unmerged_i_over_sigma": observations.mean(data.intensity / np.sqrt(data.variance)),
        "anomalous_completeness": ratio(pairs.number(), possible[1]),
        "anomalous_multiplicity": ratio(n, apart.number()),
    }


def _agreement(data: _Data, tally: Tally, apart: Tally, seed: int) -> dict[str, np.ndarray]:
    observed = Observed(data.groups, data.intensity, data.variance)
    observed_apart = Observed(data.apart, data.intensity, data.variance)
    r_merge, r_meas, r_pim = r_factors(observed, tally)
    r_merge_anomalous, r_meas_anomalous, r_pim_anomalous = r_factors(observed_apart, apart)
    cc_half, cc_half_pairs = half_set_correlation(observed, tally, seed)
    return {
        "r_merge": r_merge,
        "r_meas": r_meas,
        "r_pim": r_pim,
        "r_merge_anomalous": r_merge_anomalous,
        "r_meas_anomalous": r_meas_anomalous,
        "r_pim_anomalous": r_pim_anomalous,
        "r_anom": _r_anom(data, apart),
        "cc_half": cc_half,
        "cc_half_pairs": cc_half_pairs,
        "cc_half_sigma_tau": sigma_tau_correlation(observed, tally),
        "cc_anom": anomalous_correlation(observed_apart, apart, seed),
    }


def _r_anom(data: _Data, apart: Tally) -> np.ndarray:
    """Sum of |I(+) - I(-)| over sum of their mean."""
    I = merge(data.apart, data.intensity, data.variance).intensity
    plus, minus = friedel_pairs(data.apart)
    pairs = Tally(apart.bins[plus], apart.n)
    return ratio(pairs.sum(np.abs(I[plus] - I[minus])), pairs.sum((I[plus] + I[minus]) / 2))
