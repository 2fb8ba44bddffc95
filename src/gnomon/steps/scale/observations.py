"""What takes part in scaling: corrected intensities, and the blend of profile-fitted and summed ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.data_sets.data_set import correction_factor
from gnomon.maths.intensities.agreement import Observed, r_meas
from gnomon.maths.intensities.merging import Groups, group_equivalents, merge
from gnomon.maths.intensities.scaled_rows import crossing_of
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.scale.outliers import find_outliers
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.summary import TriedIntensities

ENOUGH = 500
"""Independent comparisons that tell the factor of the sigmas to 3 %."""
FIRST_B = 0.03
"""Error proportional to the intensity before any is known."""


WHOLE = 0.95
"""Partiality from which observations may determine scales."""


@dataclass(frozen=True, eq=False)
class Observations:
    """Arrays over the N observations that take part; intensities are corrected but not yet scaled."""

    row: np.ndarray  # in the reflection table
    hkl: np.ndarray  # as measured
    experiment: np.ndarray
    groups: Groups  # what the scales make equal: I(+) and I(-) as one unless the user wants them apart
    apart: Groups  # I(+) and I(-) apart
    d: np.ndarray  # Å
    z: np.ndarray  # images
    profile: np.ndarray
    profile_variance: np.ndarray  # inf where there is no profile-fitted intensity
    summed: np.ndarray
    summed_variance: np.ndarray  # inf where there is no sum
    gain: np.ndarray  # corrected intensity of one count
    partiality: np.ndarray
    step: np.ndarray  # of the scale, that was divided out of the intensities: 1 where it does not step

    def __len__(self) -> int:
        return len(self.row)

    def select(self, rows: np.ndarray) -> Observations:
        """Some of them; groups left empty are dropped."""
        arrays = {k: v[rows] for k, v in vars(self).items() if isinstance(v, np.ndarray)}
        return replace(self, groups=self.groups.select(rows), apart=self.apart.select(rows), **arrays)

    @cached_property
    def compared(self) -> Groups:
        """By which errors and outliers are found: I(+) apart from I(-), joined only where that would leave little."""
        between = len(self) - len(self.apart)
        return self.apart if between >= min(ENOUGH, (len(self) - len(self.groups)) / 2) else self.groups


@dataclass(frozen=True, eq=False)
class Exclusions:
    """(n_rows,) bool: what the data forbid, and what the user's limits leave out."""

    unsuitable: np.ndarray
    by_user: np.ndarray

    def without(self, rows: np.ndarray) -> Exclusions:
        """These ``rows`` (numbers) left out too."""
        by_user = self.by_user.copy()
        by_user[rows] = True
        return replace(self, by_user=by_user)


def _partiality(reflections: Reflections) -> np.ndarray:
    """(n_rows,) recorded fraction, 1 where the table does not say."""
    return np.asarray(reflections.get("partiality", np.ones(len(reflections))))


def _estimate(reflections: Reflections, kind: str, flag: Flag) -> tuple[np.ndarray, np.ndarray]:
    """Counts and variances, the variance inf where this estimate failed."""
    if f"intensity.{kind}.value" not in reflections:
        return np.zeros(len(reflections)), np.full(len(reflections), np.inf)
    value, variance = reflections[f"intensity.{kind}.value"], reflections[f"intensity.{kind}.variance"]
    good = reflections.has(flag) & (variance > 0) & np.isfinite(value)
    return np.where(good, value, 0.0), np.where(good, variance, np.inf)


def z_of(reflections: Reflections) -> np.ndarray:
    """(n_rows,) the image of each centroid, in images from the start of image 1."""
    z: np.ndarray = reflections["xyzobs.px.value" if "xyzobs.px.value" in reflections else "xyzcal.px"][:, 2]
    return z


def find_exclusions(experiments: Experiments, reflections: Reflections, params: ScaleParams) -> Exclusions:
    """Which rows cannot be scaled (not integrated, overloaded, too negative), and which the limits leave out."""
    profile, profile_variance = _estimate(reflections, "prf", Flag.INTEGRATED_PRF)
    summed, summed_variance = _estimate(reflections, "sum", Flag.INTEGRATED_SUM)
    best, variance = np.where(np.isfinite(profile_variance), (profile, profile_variance), (summed, summed_variance))
    identity = (reflections["id"] >= 0) & (reflections["id"] < len(experiments))
    good = identity & np.isfinite(variance) & (reflections["miller_index"] != 0).any(axis=1)
    good &= (correction_factor(reflections) > 0) & ~reflections.has(Flag.OVERLOADED)
    good &= best >= params.min_isigi * np.sqrt(variance)
    d = resolutions(experiments, reflections)
    outside = _partiality(reflections) < params.partiality_cutoff
    outside |= d < (params.d_min or 0.0)
    outside |= d > (params.d_max or np.inf)
    return Exclusions(~good, outside)


def resolutions(experiments: Experiments, reflections: Reflections) -> np.ndarray:
    """(n_rows,) resolution in Å by each crystal's own cell; inf for rows of no experiment."""
    d = np.full(len(reflections), np.inf)
    for i, rows in reflections.by_experiment():
        if 0 <= i < len(experiments):
            cell = experiments[i].needed_crystal.cell
            d[rows] = d_spacing(reflections["miller_index"][rows], cell)
    return d


def _where_scales_are_told(z: np.ndarray, number: np.ndarray, partiality: np.ndarray) -> np.ndarray:
    """(N,) the crossing, or the nearest one of a whole reflection of its sweep.

    Whole reflections alone determine scales, and those that the ends of a scan cut cross beyond all of them: there a
    model of narrow wedges, with its node every image or two, is free to be anything.
    """
    whole, n = partiality > WHOLE, int(number.max()) + 1
    first, last = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(first, number[whole], z[whole])
    np.maximum.at(last, number[whole], z[whole])
    told = first <= last
    first, last = np.where(told, first, -np.inf), np.where(told, last, np.inf)
    return np.clip(z, first[number], last[number])


def prepare(
    experiments: Experiments,
    reflections: Reflections,
    group: Any,
    params: ScaleParams,
    left_out: np.ndarray | None = None,
) -> tuple[Observations, Exclusions]:
    """The observations that take part, and why the others do not; left_out: (n_rows,) bool, by hand or by filtering.

    Raises InputError where nothing remains.
    """
    exclusions = find_exclusions(experiments, reflections, params)
    if left_out is not None:
        exclusions = replace(exclusions, by_user=exclusions.by_user | left_out)
    row = np.flatnonzero(~exclusions.unsuitable & ~exclusions.by_user)
    if not len(row):
        unsuitable = int(exclusions.unsuitable.sum())
        raise InputError(
            f"scale found no usable intensity: {unsuitable} not integrated or unusable, "
            f"{len(reflections) - unsuitable} outside the limits; check integrate, d_min and d_max"
        )
    chosen = reflections.select(row)
    partiality = np.clip(_partiality(chosen), 1e-6, 1.0)
    gain = correction_factor(chosen) / partiality
    profile, profile_variance = _estimate(chosen, "prf", Flag.INTEGRATED_PRF)
    summed, summed_variance = _estimate(chosen, "sum", Flag.INTEGRATED_SUM)
    apart = group_equivalents(chosen["miller_index"], group, anomalous=True)
    observations = Observations(
        row=row,
        hkl=chosen["miller_index"],
        experiment=chosen["id"].astype(np.intp),
        groups=apart if params.anomalous else apart.joined(),
        apart=apart,
        d=resolutions(experiments, chosen),
        z=_where_scales_are_told(crossing_of(chosen, experiments), chosen["id"], partiality),
        profile=profile * gain * partiality,  # a fit is of the whole reflection, as DIALS 3.12 writes it
        profile_variance=profile_variance * (gain * partiality) ** 2,
        summed=summed * gain,
        summed_variance=summed_variance * gain**2,
        gain=gain,
        partiality=partiality,
        step=np.ones(len(row)),
    )
    return observations, exclusions


@dataclass(frozen=True, eq=False)
class Intensities:
    """A blend of both estimates, (N,) each, corrected but unscaled. ``i_mid``: 0 all profile, 1 all summed."""

    value: np.ndarray
    variance: np.ndarray
    profile_share: np.ndarray  # of the profile-fitted estimate, 0 to 1
    i_mid: float


def blend(observations: Observations, i_mid: float, expected: np.ndarray | None = None) -> Intensities:
    """w I_prf + (1 - w) I_sum with w = 1 / (1 + (I / I_mid)^3), the variance alike.

    I: what is ``expected`` (N,) of each reflection, corrected but unscaled. The observed intensity would take the sum
    where it fluctuates upwards and the profile-fitted one where the sum fluctuates down, and come out high. Needed
    unless i_mid is 0 or 1. Where only one estimate exists it is taken. Evans & Murshudov 2013, Acta Cryst. D69, 1204.
    """
    has_profile = np.isfinite(observations.profile_variance)
    has_sum = np.isfinite(observations.summed_variance)
    if i_mid in (0, 1) or expected is None:
        share = np.full(len(observations), 1.0 - i_mid)
    else:
        share = 1 / (1 + (expected / i_mid) ** 3)
    share = np.where(has_profile & has_sum, share, has_profile.astype(float))
    profile_variance = np.where(has_profile, observations.profile_variance, 0.0)
    summed_variance = np.where(has_sum, observations.summed_variance, 0.0)
    return Intensities(
        share * observations.profile + (1 - share) * observations.summed,
        share * profile_variance + (1 - share) * summed_variance,
        share,
        i_mid,
    )


def candidates(observations: Observations, expected: np.ndarray) -> list[float]:
    """Values of I_mid to try: all profile, all summed, the mean, and tenths of the greatest to below the mean."""
    both = np.isfinite(observations.profile_variance) & np.isfinite(observations.summed_variance)
    if not both.any():
        return [0.0 if np.isfinite(observations.profile_variance).any() else 1.0]
    mean, top = float(expected[both].mean()), float(expected[both].max())
    tried = [0.0, 1.0] + ([mean] if mean > 1 else [])
    while top > max(mean, 10.0):
        top /= 10
        tried.append(top)
    return tried


def best_blend(
    observations: Observations, g: np.ndarray, expected: np.ndarray, z_max: float
) -> tuple[Intensities, tuple[TriedIntensities, ...]]:
    """The blend with the lowest Rmeas under the scales g (N,), and what was tried: I_mid and Rmeas of each.

    Each is judged without its own outliers, observations over ``z_max`` sigma from their equivalents, the sigma
    with an error of 0.03 times the intensity.
    """
    groups = observations.compared
    tried = []
    for i_mid in candidates(observations, expected):
        mixed = blend(observations, i_mid, expected)
        value, variance = mixed.value / g, mixed.variance / g**2
        variance += (FIRST_B * merge(groups, value, variance).intensity[groups.label]) ** 2
        keep = ~find_outliers(groups, value, variance, z_max)
        tried.append(TriedIntensities(i_mid, r_meas(Observed(groups, value, variance).select(keep))))
    best = min(tried, key=lambda t: t.r_meas)
    return blend(observations, best.i_mid, expected), tuple(tried)
