"""Correlations under shifted indices and under operators, in words."""

from __future__ import annotations

from gnomon.report.table import text_table
from gnomon.steps.check_indexing_symmetry.summary import CheckIndexingSymmetrySummary


def describe(summary: CheckIndexingSymmetrySummary) -> str:
    """The range of indices, a table of shifts where some were tried, a table of operators, and what they say."""
    ranges = [
        f"Range on {letter}: {low} to {high}" for letter, low, high in zip("hkl", summary.index_min, summary.index_max)
    ]
    parts = ["\n".join(ranges)]
    if summary.shifts:
        rows = [(*map(str, one.shift), str(one.n), _cc(one.cc)) for one in summary.shifts]
        parts.append(text_table("Checking HKL origin", ("dH", "dK", "dL", "Nref", "CC"), rows))
        parts.append(_origin(summary))
    rows = [(o.operator, str(o.n), _cc(o.cc), "***" if o.kept else "") for o in summary.operators]
    parts.append(text_table(f"Symmetry operators of {summary.space_group}", ("symop", "Nref", "CC", ""), rows))
    if summary.derived_group:
        parts.append(f"Derived point group from symmetry operations: {summary.derived_group}")
    return "\n\n".join(parts)


def _cc(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _origin(summary: CheckIndexingSymmetrySummary) -> str:
    if summary.best_shift is None:
        return "too few equivalents to tell"
    if not any(summary.best_shift):
        return "the indices agree best as they are"
    offset = ",".join(map(str, summary.best_shift))
    return f"equivalents agree best with indices shifted: gnomon reindex FILE.refl hkl_offset={offset}"
