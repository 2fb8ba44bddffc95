"""What the experiments of one data set have in common: cell, space group, wavelength; and its scaled intensities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.intensities.scaled_rows import is_light
from gnomon.maths.laue_group.setting import symmetrized
from gnomon.models.crystal import Crystal, cell_from_a_matrix
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections


@dataclass(frozen=True)
class DataSet:
    """Median cell (6,) in Å and degrees, Hall symbol and mean wavelength (Å)."""

    cell: np.ndarray
    hall_symbol: str
    wavelength: float


def scan_mean_cell(crystal: Crystal) -> np.ndarray:
    """(6,) the cell refined against 2theta where there is one, else the mean over the scan points."""
    if crystal.recalculated_unit_cell is not None:
        return crystal.recalculated_unit_cell
    points = crystal.A_at_scan_points
    return crystal.cell if points is None else cell_from_a_matrix(points).mean(axis=0)


def median_cell(experiments: Iterable[Experiment]) -> np.ndarray:
    """(6,) the median of each parameter, Å and degrees, over the experiments that have a crystal."""
    return np.asarray(np.median([scan_mean_cell(e.crystal) for e in experiments if e.crystal is not None], axis=0))


def common_data_set(experiments: Experiments, wavelength_tolerance: float = 1e-4) -> DataSet:
    """The median cell and mean wavelength of all experiments, and the space group they share.

    Raises InputError where they do not share one, or where the wavelengths (Å) spread more than the tolerance.
    """
    crystals = [e.crystal for e in experiments if e.crystal is not None]
    if not crystals:
        raise InputError("no experiment has a crystal; run index first")
    groups = sorted({c.hall_symbol for c in crystals})
    if len(groups) > 1:
        raise InputError(f"the crystals have different space groups ({', '.join(groups)}); run symmetry or cosym first")
    wavelengths = np.array([e.beam.wavelength for e in experiments])
    if np.ptp(wavelengths) > wavelength_tolerance:
        low, high = wavelengths.min(), wavelengths.max()
        raise InputError(
            f"wavelengths from {low:.5f} to {high:.5f} Å in one data set; merge each wavelength by itself, "
            f"or raise wavelength_tolerance ({wavelength_tolerance:g})"
        )
    cell = obeying_cell(median_cell(experiments), groups[0])
    return DataSet(cell, groups[0], float(wavelengths.mean()))


def obeying_cell(cell: np.ndarray, hall_symbol: str) -> np.ndarray:
    """The nearest cell (6,) that the rotations of the group leave alone: the mean over them of its metric.

    The angles that the group fixes are exact: files of other programs tell the lattice by them.
    """
    found = cell_from_a_matrix(symmetrized(b_matrix(cell), hall_symbol))
    right = np.rint(found[3:] / 30) * 30
    return np.r_[found[:3], np.where(np.abs(found[3:] - right) < 1e-9, right, found[3:])]


def scaled_intensities(
    reflections: Reflections, *, with_light: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N,) bool of usable scaled observations, and (N,) intensity and variance on the common scale.

    Intensity and variance are nan where they are not usable. with_light: what is too light to be merged, too.
    """
    g = reflections["inverse_scale_factor"]
    variance = reflections["intensity.scale.variance"]
    good = ~reflections.has(Flag.BAD_FOR_SCALING) | (with_light & is_light(reflections))
    usable = good & (g > 0) & (variance > 0)
    scaled = reflections.has(Flag.SCALED)
    if scaled.any():  # DIALS 1 had no such flag
        usable &= scaled
    g = np.where(usable, g, np.nan)
    return usable, reflections["intensity.scale.value"] / g, variance / g**2


def correction_factor(reflections: Reflections) -> np.ndarray:
    """(N,) corrected intensity of one count: (L/P) / QE, 0 where the efficiency is unknown.

    Kabsch 1988, J. Appl. Cryst. 21, 916.
    """
    ones = np.ones(len(reflections))
    efficiency = reflections.get("qe", reflections.get("dqe", ones))
    known = efficiency > 0
    return np.where(known, reflections.get("lp", ones) / np.where(known, efficiency, 1.0), 0.0)


def integrated_intensities(reflections: Reflections, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """(N,) intensity and variance of the whole reflection: counts times L / (P QE).

    Sums are divided by the recorded part; fits are of the whole already, as DIALS 3.12 writes them.

    kind: "sum" or "prf". nan where this estimate failed.
    """
    value, variance = reflections[f"intensity.{kind}.value"], reflections[f"intensity.{kind}.variance"]
    flag = Flag.INTEGRATED_SUM if kind == "sum" else Flag.INTEGRATED_PRF
    ones = np.ones(len(reflections))
    gain = correction_factor(reflections)
    part = reflections.get("partiality", ones) if kind == "sum" else ones
    good = reflections.has(flag) & (variance > 0) & (gain > 0) & (part > 0)
    factor = np.where(good, gain, np.nan) / np.where(good, part, 1)
    return value * factor, variance * factor**2


def grouped_wavelengths(wavelengths: Iterable[float], tolerance: float) -> tuple[list[float], list[int]]:
    """The distinct wavelengths (Å), rising, and which of them each is: those within the tolerance are one."""
    values = np.array(list(wavelengths))
    order = np.argsort(values, kind="stable")
    group = np.zeros(len(values), int)
    group[order] = np.cumsum(np.r_[0, np.diff(values[order]) > tolerance])
    return [float(values[group == i].mean()) for i in range(group.max(initial=-1) + 1)], group.tolist()
