"""What predict tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True, kw_only=True)
class PredictSummary(Summary):
    """How many reflections were predicted."""

    n_predicted: tuple[int, ...] = figure("reflections of each experiment")
    n_shadowed: int = figure("reflections left out because the goniometer hides them")
    d_min: tuple[float | None, ...] = figure("the highest resolution of each; none without reflections", unit="Å")
