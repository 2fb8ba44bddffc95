"""The table of lattices, in words."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from gnomon.report.table import text_table
from gnomon.steps.refine_bravais_settings.summary import RefineBravaisSettingsSummary


def describe(summaries: Sequence[RefineBravaisSettingsSummary]) -> str:
    """A row a lattice, a star by those recommended; ``summaries`` are those of each result of the step."""
    rows = [
        (
            f"{'*' if s.recommended else ' '} {s.number}",
            f"{s.misfit:.3f}",
            f"{s.rmsd:.3f}",
            f"{s.min_cc:.3f}/{s.max_cc:.3f}" if isfinite(s.min_cc) else "-/-",
            s.n_spots,
            s.bravais,
            " ".join(f"{x:.2f}" for x in s.cell),
            f"{s.volume:.0f}",
            s.cb_op,
        )
        for s in summaries
    ]
    headers = (
        "number",
        "misfit (deg)",
        "rmsd (px)",
        "min/max cc",
        "spots",
        "lattice",
        "cell (Å, degrees)",
        "volume",
        "cb_op",
    )
    return text_table("lattices that the metric allows; * = recommended", headers, rows)


def summary(summaries: Sequence[RefineBravaisSettingsSummary]) -> dict[str, dict[str, Any]]:
    """What ``bravais_summary.json`` holds: by number, under the names that DIALS gives these."""
    return {
        str(s.number): {
            "bravais": s.bravais,
            "space_group": s.space_group,
            "max_angular_difference": s.misfit,
            "rmsd": s.rmsd,
            "min_cc": s.min_cc if isfinite(s.min_cc) else None,
            "max_cc": s.max_cc if isfinite(s.max_cc) else None,
            "nspots": s.n_spots,
            "unit_cell": s.cell,
            "cb_op": s.cb_op,
            "recommended": s.recommended,
        }
        for s in sorted(summaries, key=lambda s: s.number)
    }
