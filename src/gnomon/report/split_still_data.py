"""A group of stills, in words."""

from __future__ import annotations

from gnomon.steps.split_still_data.summary import SplitStillDataSummary


def describe(summary: SplitStillDataSummary) -> str:
    """What its images have in common, and how many they are."""
    told = ", ".join(f"{name} {value:.6g}" for name, value in zip(summary.names, summary.values))
    return f"{told}: {len(summary.members)} lattices, {summary.n_reflections} reflections"
