"""Which mask which images use, and whether shadows are left out, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FEW = 20


def describe(stats: Mapping[str, Any]) -> str:
    """A line for each set of images."""
    masks = stats["masks"]
    lines = [_set(i, path, shadow) for i, (path, _, shadow) in enumerate(masks[:_FEW])]
    return "\n".join([*lines, *([f"and {len(masks) - _FEW} more"] if len(masks) > _FEW else [])])


def _set(number: int, path: str | None, shadow: bool) -> str:
    uses = f"image set {number} uses {path}" if path else f"image set {number} keeps its mask"
    return f"{uses}; shadows of the goniometer are left out" if shadow else uses
