"""What reindex did, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnomon.report.table import text_table


def describe(stats: Mapping[str, Any]) -> str:
    """The change of basis, why it was chosen, and the cells that come out."""
    lines = [f"change of basis {stats['change_of_basis']}: {stats['reindexed']} reflections reindexed"]
    if stats["hkl_offset"]:
        lines.append(f"{tuple(stats['hkl_offset'])} added to the indices before it")
    if stats["dropped"]:
        lines.append(f"{stats['dropped']} reflections dropped: no whole index in the new basis")
    if stats["space_group"]:
        lines.append(f"space group now {stats['space_group']}")
    lines += [f"cell {' '.join(f'{x:.3f}' for x in cell)}" for cell in stats["cells"][:10]]
    if stats["choice"]:
        rows = [(t["change_of_basis"], f"{t['misfit']:.2f}", f"{t['cc']:.3f}") for t in stats["choice"][:12]]
        lines.append("")
        lines.append(text_table("agreement with the reference", ("change", "cell misfit", "cc"), rows))
    return "\n".join(lines)
