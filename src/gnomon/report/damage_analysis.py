"""What dose does to the data, and how much of them to keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gnomon.report.table import text_table

_DOSES, _MOST_ROWS = 20, 60


def describe(stats: Mapping[str, Any]) -> str:
    """The advice with its reason, a table by dose, and the crystals that change most."""
    parts = [_advice(stats), _by_dose(stats)]
    if len(stats["crystals"]) > 1:
        parts.append(_by_crystal(stats))
    return "\n\n".join(parts)


def _advice(stats: Mapping[str, Any]) -> str:
    last = stats["dose"][-1]
    what = "Keep all" if stats["keep"] >= last else f"Keep doses up to {stats['keep']:g} of {last:g}"
    lines = [f"{what}: {stats['reason']}"]
    if stats["k"] > 0:
        error = stats["k_squared_error"] / (2 * stats["k"])
        lines.append(f"Intensities change by {stats['k']:.3%} of themselves per unit of dose (error {error:.3%})")
    return "\n".join(lines)


def _by_dose(stats: Mapping[str, Any]) -> str:
    n = len(stats["dose"])
    rows = []
    for i in np.unique(np.linspace(0, n - 1, min(n, _DOSES)).astype(int)):
        values = [f"{stats['completeness'][i]:.1%}".rstrip("%"), f"{stats['multiplicity'][i]:.2f}"]
        values += [_shown(stats[key][i]) for key in ("rcp", "scp")]
        rows.append([f"{stats['dose'][i]:g}", *values, f"{stats['difference'][i]:g}", _shown(stats["rd"][i])])
    title = "By dose (Scp: scatter of pairs over that of noise), and Rd by the difference of doses"
    return text_table(title, ["dose up to", "%comp", "mult", "Rcp", "Scp", "difference", "Rd"], rows)


def _by_crystal(stats: Mapping[str, Any]) -> str:
    order = np.argsort([-np.nan_to_num(c["significance"], nan=-np.inf) for c in stats["crystals"]], kind="stable")
    rows = []
    for i in order[:_MOST_ROWS]:
        crystal = stats["crystals"][i]
        rows.append(
            [
                crystal["name"],
                f"{crystal['n_pairs']:d}",
                _shown(crystal["rcp"]),
                _shown(100 * crystal["k"]),
                _shown(crystal["significance"], "{:.1f}"),
            ]
        )
    title = "Crystals, surest change first" + (f" ({len(rows)} of {len(order)})" if len(rows) < len(order) else "")
    return text_table(title, ["crystal", "pairs", "Rcp", "% per dose", "sigma"], rows)


def _shown(value: float, form: str = "{:.3f}") -> str:
    return "-" if np.isnan(value) else form.format(value)
