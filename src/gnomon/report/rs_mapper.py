"""A map of reciprocal space, in words."""

from __future__ import annotations

from gnomon.steps.rs_mapper.summary import RsMapperSummary


def describe(summary: RsMapperSummary) -> str:
    """What is in the map."""
    n = summary.grid_size
    return (
        f"{summary.pixels} pixels of {summary.images} images to {summary.max_resolution:g} Å in a map of "
        f"{n} x {n} x {n} points, {summary.step:.5f}/Å apart\n"
        f"{summary.seen:.1%} of the points were seen; the highest has {summary.highest:.4g} counts a pixel"
    )
