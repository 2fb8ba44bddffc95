"""Which mask which images use, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FEW = 20


def describe(stats: Mapping[str, Any]) -> str:
    """A line for each set of images."""
    masks = stats["masks"]
    lines = [f"images {i} use {path}" for i, (path, _) in enumerate(masks[:_FEW])]
    return "\n".join([*lines, *([f"and {len(masks) - _FEW} more"] if len(masks) > _FEW else [])])
