"""Further lattices in the spots that the first leaves over."""

from __future__ import annotations

import numpy as np

from gnomon.maths.lattice import lattice_symmetry
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import identifier_for
from gnomon.models.flags import Flag
from gnomon.steps.index.crystals import misorientation
from gnomon.steps.index.points import reciprocal_points
from gnomon.steps.index.protocol import refined_in_shells
from gnomon.steps.index.search import search
from gnomon.steps.index.task import Refined, Task

LEAST_SPOTS = 20


def more_lattices(first: Refined, task: Task) -> Refined:
    """The experiments with up to ``max_lattices`` in each sweep, refined together, and the table assigned anew.

    A further lattice is looked for in the spots without index of each sweep, under the geometry as refined.
    """
    for _ in range(task.params.max_lattices - 1):
        grown = first.indexed
        for k in sorted(set(grown.sweep_of)):
            crystal = _another(first, task, k)
            if crystal is not None:
                host = grown.geometry_of(k, task.sweeps[k])
                name = identifier_for(host.identifier, "lattice", grown.sweep_of.count(k))
                grown = grown.added(host.replace(crystal=crystal, identifier=name), k)
        if grown is first.indexed:
            break
        first = refined_in_shells(grown, task, float(np.median(first.table["d"])))
    return first


def _another(have: Refined, task: Task, k: int) -> Crystal | None:
    """A crystal for the spots of sweep ``k`` that have none; None where few are left or nothing stands out."""
    here = task.sweep == k
    left = here & ~have.table.has(Flag.INDEXED)
    if left.sum() < max(LEAST_SPOTS, task.params.recycle_cutoff * here.sum()):
        return None
    own = [e for e, sweep in zip(have.indexed.experiments, have.indexed.sweep_of) if sweep == k]
    rest = have.table.select(left)
    rest = rest.with_columns({"id": np.zeros(len(rest), np.int32)})
    points = reciprocal_points(have.indexed.experiments.with_items(own[:1]), rest)
    for lattice in search(points, task.params.changed(beam_search=False), task.known).lattices:
        crystal = task.known.crystal(lattice.A)
        if all(_apart(crystal.A, e.needed_crystal.A) > task.params.minimum_angular_separation for e in own):
            return crystal
    return None


def _apart(A: np.ndarray, other: np.ndarray) -> float:
    """Degrees between two orientations, the least over the symmetry of the metric; 180 for different cells."""
    if abs(np.linalg.det(A) / np.linalg.det(other) - 1) > 0.1:
        return 180.0
    W, _ = lattice_symmetry(A, 3.0)
    return min(misorientation(A @ np.linalg.inv(w).T, other) for w in W)
