"""What modify_experiments tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True, kw_only=True)
class ModifyExperimentsSummary(Summary):
    """Which experiments got other models."""

    changed: tuple[int, ...] = figure("experiments that got another model")
    n_experiments: int = figure("all experiments")
    models: tuple[str, ...] = figure("kinds of model that changed: beam, detector, goniometer, scan")
    shared_with: tuple[int, ...] = figure("experiments not asked for that had the same models, and keep them")
