"""What dose does to the data, and how much of them to keep."""

from __future__ import annotations

import numpy as np

from gnomon.report.table import text_table
from gnomon.steps.damage_analysis.summary import DamageAnalysisSummary

_DOSES, _MOST_ROWS = 20, 60


def describe(summary: DamageAnalysisSummary) -> str:
    """The advice with its reason, a table by dose, and the crystals that change most."""
    parts = [_advice(summary), _by_dose(summary)]
    if len(summary.crystals) > 1:
        parts.append(_by_crystal(summary))
    return "\n\n".join(parts)


def _advice(summary: DamageAnalysisSummary) -> str:
    lines = list(summary.sentences)
    if summary.k > 0:
        error = summary.k_squared_error / (2 * summary.k)
        lines.append(f"Intensities change by {summary.k:.3%} of themselves per unit of dose (error {error:.3%})")
    return "\n".join(lines)


def _by_dose(summary: DamageAnalysisSummary) -> str:
    n = len(summary.dose)
    rows = []
    for i in np.unique(np.linspace(0, n - 1, min(n, _DOSES)).astype(int)):
        values = [f"{summary.completeness[i]:.1%}".rstrip("%"), f"{summary.multiplicity[i]:.2f}"]
        values += [_shown(summary.rcp[i]), _shown(summary.scp[i])]
        rows.append([f"{summary.dose[i]:g}", *values, f"{summary.difference[i]:g}", _shown(summary.rd[i])])
    title = "By dose (Scp: scatter of pairs over that of noise), and Rd by the difference of doses"
    return text_table(title, ["dose up to", "%comp", "mult", "Rcp", "Scp", "difference", "Rd"], rows)


def _by_crystal(summary: DamageAnalysisSummary) -> str:
    order = np.argsort([-np.nan_to_num(c.significance, nan=-np.inf) for c in summary.crystals], kind="stable")
    rows = []
    for i in order[:_MOST_ROWS]:
        crystal = summary.crystals[i]
        rows.append(
            [
                crystal.name,
                f"{crystal.n_pairs:d}",
                _shown(crystal.rcp),
                _shown(100 * crystal.k),
                _shown(crystal.significance, "{:.1f}"),
            ]
        )
    title = "Crystals, surest change first" + (f" ({len(rows)} of {len(order)})" if len(rows) < len(order) else "")
    return text_table(title, ["crystal", "pairs", "Rcp", "% per dose", "sigma"], rows)


def _shown(value: float, form: str = "{:.3f}") -> str:
    return "-" if np.isnan(value) else form.format(value)
