"""Rotation axes as found, in words."""

from __future__ import annotations

from gnomon.report.numbers import vector
from gnomon.steps.find_rotation_axis.summary import FindRotationAxisSummary, FoundAxis

ALIKE = 1.1
"""Sharpness of one sense over the other's, below which the sense is not known: that of a true lattice is several."""


def describe(summary: FindRotationAxisSummary) -> str:
    """The axis of each goniometer, and how clear it is."""
    return "\n\n".join(_one(found, len(summary.axes) > 1) for found in summary.axes)


def _one(found: FoundAxis, named: bool) -> str:
    lines = [f"Goniometer of experiments {', '.join(map(str, found.experiments))}"] if named else []
    lines += [
        f"Rotation axis found: azimuth {found.azimuth:.2f} degrees, {{{vector(found.axis)}}}",
        f"before: azimuth {found.azimuth_before:.2f} degrees",
        f"sharpness of directions between {found.spots} spots: {found.sharpness:.2f} (before "
        f"{found.sharpness_before:.2f}, opposite axis {found.sharpness_opposite:.2f}; 1 for none)",
    ]
    if found.sharpness < ALIKE * found.sharpness_opposite:
        lines.append("the sense of rotation is not clear: try opposite=true, and see which indexes")
    return "\n".join(lines)
