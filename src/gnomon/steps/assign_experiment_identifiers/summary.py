"""What assign_experiment_identifiers did."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True, kw_only=True)
class AssignExperimentIdentifiersSummary(Summary):
    """The names that experiments have now."""

    identifiers: tuple[str, ...] = figure("of each experiment")
    n_new: int = figure("experiments that had another, or none")
