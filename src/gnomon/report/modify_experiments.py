"""What was changed, in words."""

from __future__ import annotations

from gnomon.steps.modify_experiments.summary import ModifyExperimentsSummary


def describe(summary: ModifyExperimentsSummary) -> str:
    """Which models of which experiments, and who kept the old ones."""
    which = "all" if len(summary.changed) == summary.n_experiments else ", ".join(map(str, summary.changed))
    lines = [f"changed {', '.join(summary.models)} of experiments {which}"]
    if summary.shared_with:
        kept = ", ".join(map(str, summary.shared_with))
        lines.append(f"experiments {kept} had the same models, and keep them as they were")
    return "\n".join(lines)
