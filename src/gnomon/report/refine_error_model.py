"""The error model fitted anew, in words."""

from __future__ import annotations

from gnomon.report.table import text_table
from gnomon.steps.scale.summary import RefineErrorModelSummary

HEADERS = ("Intensity range (<Ih>)", "n_refl", "Uncorrected variance", "Corrected variance")


def describe(summary: RefineErrorModelSummary) -> str:
    """The model, and how sigmas fit before and after."""
    title = "Mean squared deviations from equivalents: 1 where sigmas are right"
    return "\n".join([
        f"Error model from {summary.n} observations with equivalents:",
        f"  Parameters: a = {summary.a:.5f}, b = {summary.b:.5f}",
        "  Error model formula: σ'² = a²(σ² + (bI)²)",
        f"  estimated I/sigma asymptotic limit: {summary.isa:.3f}",
        "",
        text_table(title, HEADERS, rows(summary)),
    ])  # fmt: skip


def rows(summary: RefineErrorModelSummary) -> list[tuple[str, ...]]:
    """A row a range of intensities."""
    return [(f"{b.high:.2f} - {b.low:.2f}", str(b.n), f"{b.before:.3f}", f"{b.after:.3f}") for b in summary.bins]
