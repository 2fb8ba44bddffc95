"""What combine_experiments did, in words."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

import numpy as np

from gnomon.steps.combine_experiments.summary import CombinedSweep, CombineExperimentsSummary

_FEW = 12  # reflection counts that are worth a line each


def describe(summary: CombineExperimentsSummary) -> str:
    """What was left out, which models are shared, and the sweeps by their number of lattices, by name."""
    counts = np.array(summary.n_reflections)
    models = ", ".join(f"{n} {name}{'s' * (n > 1)}" for name, n in summary.models.items() if n)
    lines = [*summary.sentences, f"{len(counts)} experiments from {len(summary.sweeps)} sweeps: {models}"]
    if counts.any():
        spread = f"{counts.min()} to {counts.max()} an experiment, median {np.median(counts):.0f}"
        lines.append(f"{counts.sum()} reflections, {spread}")
    if len(counts) <= _FEW:
        lines += [f"  {i:<3} {name}: {n} reflections" for i, (name, n) in enumerate(zip(summary.names, counts))]
    return "\n".join(lines + _by_lattices(summary.sweeps))


def _by_lattices(sweeps: Sequence[CombinedSweep]) -> list[str]:
    """A line or more for each number of lattices, with the names of the sweeps; nothing where all have one."""
    names: dict[int, list[str]] = {}
    for sweep in sweeps:
        names.setdefault(len(sweep.members), []).append(sweep.name)
    if set(names) <= {1}:
        return []
    lines = []
    for n, found in sorted(names.items()):
        head = f"{n} {'lattice' if n == 1 else 'lattices'} ({len(found)}): "
        lines.append(fill(head + ", ".join(found), 110, subsequent_indent="    ", break_on_hyphens=False))
    return lines
