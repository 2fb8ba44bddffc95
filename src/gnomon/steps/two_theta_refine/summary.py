"""What two_theta_refine tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class RefinedCell:
    """A cell, how sure it is, and by what it was found."""

    experiments: tuple[int, ...] = figure("the experiments that have it")
    cell: tuple[float, ...] = figure("a, b, c, alpha, beta, gamma", unit="Å, degree")
    cell_sd: tuple[float, ...] = figure("standard uncertainties; 0 of what symmetry fixes", unit="Å, degree")
    volume: float = figure("cell volume", unit="Å³")
    volume_sd: float = figure("its standard uncertainty", unit="Å³")
    wavelength: float = figure("mean wavelength", unit="Å")
    n_reflections: int = figure("reflections used")
    n_outliers: int = figure("reflections left out as outliers")
    rmsd_two_theta: float = figure("r.m.s. difference of observed and calculated 2theta", unit="degree")
    reduced_chi2: float = figure("mean squared difference over its variance; its root scales the uncertainties")
    theta_min: float = figure("lowest Bragg angle", unit="degree")
    theta_max: float = figure("highest Bragg angle", unit="degree")
    index_min: tuple[int, int, int] = figure("lowest h, k, l")
    index_max: tuple[int, int, int] = figure("highest h, k, l")


@dataclass(frozen=True, kw_only=True)
class TwoThetaRefineSummary(Summary):
    """Cells refined against 2theta."""

    cells: tuple[RefinedCell, ...] = figure("one, or one for each experiment")
