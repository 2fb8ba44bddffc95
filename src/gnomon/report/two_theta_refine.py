"""Refined cells with their uncertainties, in words."""

from __future__ import annotations

from gnomon.report.numbers import with_sd
from gnomon.report.table import text_table
from gnomon.steps.two_theta_refine.summary import RefinedCell, TwoThetaRefineSummary


def describe(summary: TwoThetaRefineSummary) -> str:
    """A table a cell, and what it rests on."""
    return "\n\n".join(_cell(one, len(summary.cells) > 1) for one in summary.cells)


def _cell(found: RefinedCell, named: bool) -> str:
    names = ("a / Å", "b / Å", "c / Å", "alpha / °", "beta / °", "gamma / °", "volume / Å³")
    values = (*found.cell, found.volume)
    rows = [(name, with_sd(v, sd)) for name, v, sd in zip(names, values, (*found.cell_sd, found.volume_sd))]
    title = f"Unit cell of experiments {', '.join(map(str, found.experiments))}" if named else "Unit cell"
    return (
        f"{text_table(title, ('parameter', 'value'), rows)}\n"
        f"{found.n_reflections} reflections, theta {found.theta_min:.2f} to {found.theta_max:.2f} degrees; "
        f"{found.n_outliers} outliers left out\n"
        f"r.m.s.d. of 2theta {found.rmsd_two_theta:.4f} degrees; reduced chi-squared {found.reduced_chi2:.2f}, "
        "by which variances of the cell are scaled"
    )
