"""How many reflections were predicted, in words."""

from __future__ import annotations

from gnomon.steps.predict.summary import PredictSummary


def describe(summary: PredictSummary) -> str:
    """The number, of each experiment where there are several, and how far they reach."""
    known = [d for d in summary.d_min if d is not None]
    reach = f" to {min(known):.2f} Å" if known else ""
    lines = [f"{sum(summary.n_predicted)} reflections predicted{reach}"]
    if len(summary.n_predicted) > 1:
        lines += [f"experiment {i}: {n}" for i, n in enumerate(summary.n_predicted)]
    if summary.n_shadowed:
        lines.append(f"{summary.n_shadowed} left out, which the goniometer hides")
    return "\n".join(lines)
