"""Rotations between crystals, in words."""

from __future__ import annotations

from gnomon.report.table import long_table
from gnomon.steps.compare_orientation_matrices.summary import CompareOrientationMatricesSummary, CrystalPair

_IN_FULL = 6
"""Pairs that are told with their matrices; of more there is a table."""
_ALIKE = 0.01
"""Part of the reciprocal vectors: cells that differ by more are said to."""


def describe(summary: CompareOrientationMatricesSummary) -> str:
    """Each pair in full where there are few, else a line each."""
    if len(summary.pairs) <= _IN_FULL:
        return "\n\n".join(_in_full(pair, summary) for pair in summary.pairs)
    names = [f"({','.join(map(str, hkl))}) / °" for hkl in summary.hkl]
    headers = ("crystals", "change of basis", "angle / °", "as indexed / °", "axis", *names)
    rows = [
        (
            f"{p.first + 1} to {p.second + 1}",
            p.change_of_basis,
            f"{p.angle:.3f}",
            f"{p.angle_as_indexed:.3f}",
            " ".join(f"{x:.3f}" for x in p.axis),
            *(f"{angle:.2f}" for angle in p.between),
        )
        for p in summary.pairs
    ]
    return long_table("Rotations from crystal to crystal", headers, rows, [p.angle for p in summary.pairs], "largest")


def _in_full(pair: CrystalPair, summary: CompareOrientationMatricesSummary) -> str:
    matrix = ",\n ".join("{" + ", ".join(f"{x:.3f}" for x in row) + "}" for row in pair.rotation)
    axis = ", ".join(f"{x:.3f}" for x in pair.axis)
    lines = [
        f"Change of basis op: {pair.change_of_basis}",
        f"Rotation matrix to transform crystal {pair.first + 1} to crystal {pair.second + 1}:",
        f"{{{matrix}}}",
        f"Rotation of {pair.angle:.3f} degrees about axis ({axis}); as indexed {pair.angle_as_indexed:.3f} degrees",
    ]
    lines += [f"({','.join(map(str, hkl))}): {angle:.2f} deg" for hkl, angle in zip(summary.hkl, pair.between)]
    if pair.misfit > _ALIKE:
        lines.append(f"the cells differ: {pair.misfit:.1%} of the reciprocal vectors are left after this rotation")
    return "\n".join(lines)
