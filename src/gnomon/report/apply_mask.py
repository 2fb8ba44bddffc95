"""Which mask which images use, and whether shadows are left out, in words."""

from __future__ import annotations

from gnomon.steps.apply_mask.summary import ApplyMaskSummary

_FEW = 20


def describe(summary: ApplyMaskSummary) -> str:
    """A line for each set of images."""
    masks = summary.masks
    lines = [_set(i, one.path, one.shadowed) for i, one in enumerate(masks[:_FEW])]
    return "\n".join([*lines, *([f"and {len(masks) - _FEW} more"] if len(masks) > _FEW else [])])


def _set(number: int, path: str | None, shadow: bool) -> str:
    uses = f"image set {number} uses {path}" if path else f"image set {number} keeps its mask"
    return f"{uses}; shadows of the goniometer are left out" if shadow else uses
