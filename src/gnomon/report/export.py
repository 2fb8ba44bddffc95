"""What was exported, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnomon.models.unmerged import UnmergedData


def describe(stats: Mapping[str, Any]) -> str:
    """How many observations, of which kind, and how many were left out."""
    unmerged: UnmergedData = stats["unmerged"]
    kind = "scaled" if unmerged.scaled else "integrated"
    if unmerged.profile is not None:
        kind += " (summed and profile-fitted)"
    sweeps = len(unmerged.experiments)
    lines = [f"{len(unmerged)} {kind} observations of {sweeps} sweep{'s' if sweeps > 1 else ''} as {stats['format']}"]
    if unmerged.wavelengths:
        told = ", ".join(f"{w:.5f}" for w in unmerged.wavelengths)
        lines.append(f"{len(unmerged.wavelengths)} wavelengths ({told} Å), a data set each")
    left = (("n_unmeasured", "not measured or excluded"), ("n_outside", "outside the limits"))
    lines += [f"left out: {stats[key]} {why}" for key, why in left if stats[key]]
    return "\n".join(lines)
