"""Which pixels are bad, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_FEW = 10
_MEANING = {
    "no data": "outside the trusted range on every image",
    "hot": "above its neighbours on most images",
    "dead": "far below its neighbours in the sum of all images",
    "warm": "far above its neighbours in the sum of all images",
}


def describe(stats: Mapping[str, Any]) -> str:
    """How many pixels of each kind each set of images has, and the first of them."""
    lines = []
    for i, one in enumerate(stats["sets"]):
        lines.append(f"image set {i}, {one['images']} images looked at:")
        lines += [
            f"  {len(one[kind])} {kind} ({meaning}){pixels_named(one[kind])}" for kind, meaning in _MEANING.items()
        ]
    return "\n".join(lines)


def pixels_named(rows: Sequence[Sequence[int]]) -> str:
    """The first few pixels, as x,y with the panel before where it is not the first."""
    if not len(rows):
        return ""
    named = [f"{x},{y}" if panel == 0 else f"panel {panel}: {x},{y}" for panel, x, y in rows[:_FEW]]
    return ": " + "; ".join(named) + ("; ..." if len(rows) > _FEW else "")
