"""What reindex did, in words."""

from __future__ import annotations

from gnomon.report.table import text_table
from gnomon.steps.reindex.summary import ReindexSummary


def describe(summary: ReindexSummary) -> str:
    """The change of basis, why it was chosen, and the cells that come out."""
    lines = [f"change of basis {summary.change_of_basis}: {summary.reindexed} reflections reindexed"]
    if summary.hkl_offset:
        lines.append(f"{summary.hkl_offset} added to the indices before it")
    if summary.dropped:
        lines.append(f"{summary.dropped} reflections dropped: no whole index in the new basis")
    if summary.space_group:
        lines.append(f"space group now {summary.space_group}")
    lines += [f"cell {' '.join(f'{x:.3f}' for x in cell)}" for cell in summary.cells[:10]]
    if summary.choice:
        rows = [(t.change_of_basis, f"{t.misfit:.2f}", f"{t.cc:.3f}") for t in summary.choice[:12]]
        lines.append("")
        lines.append(text_table("agreement with the reference", ("change", "cell misfit", "cc"), rows))
    return "\n".join(lines)
