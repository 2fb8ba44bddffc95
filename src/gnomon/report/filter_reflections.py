"""What filter_reflections left out, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def describe(stats: Mapping[str, Any]) -> str:
    """How many reflections each filter took, in their order, and how many are left."""
    lines = [f"{n} reflections {what} left out" for what, n in stats["taken"]]
    return "\n".join([*lines, f"{stats['kept']} of {stats['given']} reflections kept"])
