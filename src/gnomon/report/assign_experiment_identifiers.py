"""What experiments are called now, in words."""

from __future__ import annotations

from gnomon.steps.assign_experiment_identifiers.summary import AssignExperimentIdentifiersSummary

_FEW = 20


def describe(summary: AssignExperimentIdentifiersSummary) -> str:
    """The name of each experiment, and how many are new."""
    names = summary.identifiers
    lines = [f"experiment {i}: {name}" for i, name in enumerate(names[:_FEW])]
    if len(names) > _FEW:
        lines.append(f"and {len(names) - _FEW} more")
    return "\n".join([*lines, f"{summary.n_new} of {len(names)} identifiers are new"])
