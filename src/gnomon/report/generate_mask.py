"""What a mask leaves out, in words."""

from __future__ import annotations

from gnomon.steps.generate_mask.summary import GenerateMaskSummary, MaskSummary

_FEW = 20


def describe(summary: GenerateMaskSummary) -> str:
    """How many pixels each set of images may use."""
    lines = [_set(i, one) for i, one in enumerate(summary.sets[:_FEW])]
    more = len(summary.sets) - _FEW
    return "\n".join([*lines, *([f"and {more} more"] if more > 0 else [])])


def _set(number: int, one: MaskSummary) -> str:
    left_out = one.pixels - one.used
    return f"image set {number}: {left_out} of {one.pixels} pixels left out ({left_out / one.pixels:.2%})"
