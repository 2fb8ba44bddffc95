"""Estimated gains, in words."""

from __future__ import annotations

from gnomon.steps.estimate_gain.summary import EstimatedGain, EstimateGainSummary

ALIKE = 0.15
"""Relative difference from what is believed, below which nothing is advised."""


def describe(summary: EstimateGainSummary) -> str:
    """The gain of each set of images, and what to do with it."""
    return "\n".join(_sweep(one, len(summary.sweeps) > 1) for one in summary.sweeps)


def _sweep(one: EstimatedGain, named: bool) -> str:
    of = f" of experiment {one.experiment}" if named else ""
    low, middle, high = one.quartiles
    lines = [
        f"q1, q2, q3: {low:.2f}, {middle:.2f}, {high:.2f} (all {one.windows} windows, spots included)",
        f"Estimated gain{of}: {one.gain:.2f} +- {one.spread:.2f}",
    ]
    if abs(one.gain / one.believed - 1) > ALIKE:
        lines.append(
            f"the experiment has gain {one.believed:g}: import with geometry.detector.panel.gain={one.gain:.2f}, or "
            "modify_experiments, if pixels do not share photons"
        )
    return "\n".join(lines)
