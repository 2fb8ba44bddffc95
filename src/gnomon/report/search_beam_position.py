"""Beam centres before and after, in words."""

from __future__ import annotations

from gnomon.steps.search_beam_position.summary import BeamPosition, Pair, SearchBeamPositionSummary


def describe(summary: SearchBeamPositionSummary) -> str:
    """Old centre, new centre and shift of each detector, in the field's words."""
    return "\n\n".join(_detector(one, len(summary.detectors) > 1) for one in summary.detectors)


def _detector(found: BeamPosition, named: bool) -> str:
    lines = [f"Detector of experiments {', '.join(map(str, found.experiments))}"] if named else []
    shift_mm, shift_px = (
        (new[0] - old[0], new[1] - old[1]) for old, new in ((found.old_mm, found.new_mm), (found.old_px, found.new_px))
    )
    lines += [
        f"Old beam centre: {_place(found.old_mm, found.old_px)}",
        f"New beam centre: {_place(found.new_mm, found.new_px)}",
        f"Shift: {_place(shift_mm, shift_px)}",
    ]
    if found.score is not None and found.score_before is not None:
        lines.append(
            f"mean cosine of the spots' phases on lattice vectors: {found.score_before:.3f} before, "
            f"{found.score:.3f} now ({found.spots} spots)"
        )
        if shift_mm == (0.0, 0.0):
            lines.append("no other centre suits the lattices clearly better: the centre stays")
    return "\n".join(lines)


def _place(mm: Pair, px: Pair) -> str:
    return f"{mm[0]:.2f}, {mm[1]:.2f} mm ({px[0]:.1f}, {px[1]:.1f} px)"
