"""What import found, in words."""

from __future__ import annotations

from collections.abc import Sequence

from gnomon.report.table import long_table
from gnomon.steps.import_.summary import ImportSummary, SweepSummary

_MOST_WARNINGS = 10


def describe(summary: ImportSummary) -> str:
    """Formats, a table of the sweeps, which models are shared, and what the user should look at."""
    sweeps = summary.sweeps
    formats = ", ".join(f"{count} {name}" for name, count in summary.formats.items())
    lines = [f"{_count(summary.n_images, 'image')} ({formats}) in {_kinds(sweeps)}", "", _table(sweeps), ""]
    lines += [_sharing(kind, groups, len(sweeps), summary.overruled) for kind, groups in summary.shared.items()]
    if summary.shadowing_parts:
        lines.append(f"shadows: of {summary.shadowing_parts} parts of the goniometer, left out of every image")
    warnings = summary.warnings
    lines += [f"note: {line}" for line in warnings[:_MOST_WARNINGS]]
    if len(warnings) > _MOST_WARNINGS:
        lines.append(f"note: and {len(warnings) - _MOST_WARNINGS} more of this kind")
    return "\n".join(lines)


def _kinds(sweeps: Sequence[SweepSummary]) -> str:
    """How many sweeps there are, and how many images on which the crystal stands still."""
    stills = sum(sweep.still for sweep in sweeps)
    counts = [(len(sweeps) - stills, "sweep"), (stills, "still")]
    return " and ".join(_count(n, noun) for n, noun in counts if n)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _table(sweeps: Sequence[SweepSummary]) -> str:
    headers = ("", "sweep", "images", "from (°)", "to (°)", "width (°)", "axis", "λ (Å)", "distance (mm)", "beam (px)")
    rows = [_row(i, sweep) for i, sweep in enumerate(sweeps)]
    return long_table("", headers, rows, [-float(i) for i in range(len(rows))], "that come first")


def _row(number: int, sweep: SweepSummary) -> tuple[str, ...]:
    first, last = sweep.image_range
    start, width = sweep.oscillation
    return (
        str(number),
        sweep.template,
        f"{first}-{last}",
        f"{start:.2f}",
        f"{start + width * (last - first + 1):.2f}",
        f"{width:.4g}",
        " ".join(f"{x:.3g}" for x in sweep.axis),
        f"{sweep.wavelength:.5f}",
        f"{sweep.distance:.2f}",
        _centre(sweep),
    )


def _centre(sweep: SweepSummary) -> str:
    """Where the direct beam meets the detector, with the panel where there are several."""
    if any(x != x for x in sweep.beam_centre):
        return "nowhere"
    pixel = ", ".join(f"{x:.1f}" for x in sweep.beam_centre)
    return pixel if sweep.n_panels == 1 else f"{pixel} of panel {sweep.panel}"


def _sharing(kind: str, groups: Sequence[Sequence[int]], n_sweeps: int, overruled: Sequence[str]) -> str:
    if n_sweeps == 1:
        return f"{kind}: from the header{', corrected by what was given' if kind in overruled else ''}"
    if len(groups) == 1:
        return f"{kind}: one for all sweeps"
    members = "; ".join(", ".join(str(i) for i in group) for group in groups[:8])
    return f"{kind}: {len(groups)} different, of sweeps {members}{'; ...' if len(groups) > 8 else ''}"
