"""What takes part in scaling, corrected for Lorentz, polarisation, sensor efficiency and partiality."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.data_set import correction_factor
from gnomon.maths.lattice import d_spacing
from gnomon.maths.merging import Groups, group_equivalents
from gnomon.maths.scaled_rows import crossing_of
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.scale.params import ScaleParams

ENOUGH = 500
"""Independent comparisons that tell the factor of the sigmas to 3 %."""


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
        """What errors and outliers are told from: I(+) apart from I(-), joined only where that would leave little."""
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
        z=crossing_of(chosen),
        profile=profile * gain * partiality,  # a fit is of the whole reflection, as DIALS 3.12 writes it
        profile_variance=profile_variance * (gain * partiality) ** 2,
        summed=summed * gain,
        summed_variance=summed_variance * gain**2,
        gain=gain,
        partiality=partiality,
        step=np.ones(len(row)),
    )
    return observations, exclusions
