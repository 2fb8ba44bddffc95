"""A summary in words where nobody wrote words for it: steps of other packages."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any


def figures_of(summary: Any) -> str:
    """A line for each figure that is a number, a name or a yes or no, with its unit; then the decisions."""
    if summary is None or not is_dataclass(summary):
        return ""
    lines = []
    for f in fields(summary):
        value, unit = getattr(summary, f.name), f.metadata.get("unit", "")
        if isinstance(value, bool):
            value = "yes" if value else "no"
        if isinstance(value, float):
            value = f"{value:.4g}"
        if isinstance(value, int | str):
            lines.append(f"{f.metadata.get('description', f.name)}: {value} {unit}".rstrip())
    return "\n".join([*lines, *map(str, getattr(summary, "decisions", ()))])
