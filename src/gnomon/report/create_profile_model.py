"""How wide spots are, in words."""

from __future__ import annotations

from gnomon.report.table import text_table
from gnomon.steps.integrate.summary import CreateProfileModelSummary


def describe(summary: CreateProfileModelSummary) -> str:
    """What was decided, and a line an experiment."""
    rows = [(str(w.experiment), str(w.spots), f"{w.sigma_b:.4f}", f"{w.sigma_m:.4f}") for w in summary.widths]
    table = text_table("Spot widths", ("experiment", "spots", "sigma_b (°)", "sigma_m (°)"), rows)
    return "\n".join([*summary.sentences, table])
