"""What slice_sequence cut, in words."""

from __future__ import annotations

from gnomon.steps.slice_sequence.summary import Slice, SliceSequenceSummary

_FEW = 20


def describe(summary: SliceSequenceSummary) -> str:
    """The images of each slice, its reflections, and what could not be kept."""
    slices = summary.slices
    lines = [_slice(one) for one in slices[:_FEW]]
    if len(slices) > _FEW:
        lines.append(f"and {len(slices) - _FEW} more")
    if summary.without_scaling:
        lines.append(f"{summary.without_scaling} scaling models left out: they cannot be cut; run scale again")
    return "\n".join(lines)


def _slice(one: Slice) -> str:
    first, last = one.image_range
    text = f"experiment {one.experiment}, images {first} to {last}"
    if one.n_reflections is None:
        return text
    crossing = f", of which {one.n_crossing} reached beyond and were cut" if one.n_crossing else ""
    return f"{text}: {one.n_reflections} reflections{crossing}"
