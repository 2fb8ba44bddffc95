"""What filter_reflections left out, in words."""

from __future__ import annotations

from gnomon.steps.filter_reflections.summary import FilterReflectionsSummary


def describe(summary: FilterReflectionsSummary) -> str:
    """How many reflections each filter took, in their order, and how many are left."""
    lines = [f"{one.reflections} reflections {one.what} left out" for one in summary.taken]
    return "\n".join([*lines, f"{summary.kept} of {summary.given} reflections kept"])
