"""What was exported, in words."""

from __future__ import annotations

from gnomon.steps.export.summary import ExportSummary


def describe(summary: ExportSummary) -> str:
    """How many observations, of which kind, and how many were left out."""
    kind = "scaled" if summary.scaled else "integrated"
    if summary.both:
        kind += " (summed and profile-fitted)"
    sweeps = f"{summary.n_sweeps} sweep{'s' if summary.n_sweeps > 1 else ''}"
    what = "reflections, as they are," if summary.whole else f"{kind} observations"
    lines = [f"{summary.n_observations} {what} of {sweeps} as {summary.format}"]
    if summary.format == "mosflm":
        lines = [f"orientation and detector of {sweeps} for MOSFLM"]
    if summary.wavelengths:
        told = ", ".join(f"{w:.5f}" for w in summary.wavelengths)
        lines.append(f"{len(summary.wavelengths)} wavelengths ({told} Å), a data set each")
    left = ((summary.n_unmeasured, "not measured or excluded"), (summary.n_outside, "outside the limits"))
    lines += [f"left out: {n} {why}" for n, why in left if n]
    return "\n".join(lines)
