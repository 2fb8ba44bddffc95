"""Indices for spots: the nearest node of the nearest lattice, within a tolerance."""

from __future__ import annotations

import numpy as np

from gnomon.maths.centroids import map_centroids
from gnomon.maths.symmetry import centring_vectors
from gnomon.models.crystal import Crystal
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.index.points import entering_points
from gnomon.steps.index.task import Indexed, Task

TURN = 2 * np.pi


def cleared(reflections: Reflections, sweep: np.ndarray) -> Reflections:
    """The spots without indices and flags of models; ``id`` and ``imageset_id`` are the sweep (N,) they are of."""
    n = len(reflections)
    flags = reflections["flags"] if "flags" in reflections else np.full(n, int(Flag.STRONG), np.uint64)
    made = Flag.INDEXED | Flag.PREDICTED | Flag.USED_IN_REFINEMENT | Flag.BAD_FOR_REFINEMENT
    columns = {
        "id": sweep,
        "imageset_id": sweep,
        "miller_index": np.zeros((n, 3), np.int32),
        "flags": flags & ~np.uint64(made),
    }
    return reflections.with_columns(columns)


def assign(indexed: Indexed, task: Task) -> Reflections:
    """The spots of the task with ``id``, ``miller_index``, INDEXED, ``entering``, ``rlp``, ``s1``, ``d``, xyzobs.mm.*.

    A spot goes to the lattice whose node is nearest, if each fractional index is within the tolerance of a whole
    number. Of spots with one index at one crossing the nearest keeps it. Spots without index get id -1.
    """
    geometry = task.sweeps.with_items(indexed.geometry_of(k, e) for k, e in enumerate(task.sweeps))
    mapped = map_centroids(geometry, task.spots.with_columns({"id": task.sweep}))
    entering = entering_points(geometry, mapped)
    owner, hkl, squared = _nearest(indexed, mapped["rlp"], task)
    owner = _without_doubles(owner, hkl, mapped["xyzobs.mm.value"][:, 2], squared)
    hkl[owner < 0] = 0
    with np.errstate(divide="ignore"):
        d = 1 / np.linalg.norm(mapped["rlp"], axis=1)
    table = mapped.with_columns({"id": owner, "miller_index": hkl, "d": d, "entering": entering})
    return table.flagged(Flag.INDEXED, owner >= 0)


def _nearest(indexed: Indexed, rlp: np.ndarray, task: Task) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Experiment (N,), -1 where none, indices (N, 3) and squared distance (N,) from the node, 1/Å²."""
    squared = np.full(len(rlp), np.inf)
    owner, hkl = np.full(len(rlp), -1, np.int32), np.zeros((len(rlp), 3), np.int32)
    for i, experiment in enumerate(indexed.experiments):
        rows = task.by_sweep.array(indexed.sweep_of[i])
        crystal = experiment.needed_crystal
        nearest, distance = squared_offsets(crystal, rlp[rows])
        off = rlp[rows] @ np.linalg.inv(crystal.A).T - nearest
        fits = (np.abs(off) < task.params.hkl_tolerance).all(axis=1) & (distance < squared[rows])
        taken = rows[fits]
        squared[taken], owner[taken], hkl[taken] = distance[fits], i, nearest[fits]
    return owner, hkl, squared


def squared_offsets(crystal: Crystal, rlp: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest indices (N, 3) and squared distances (N,) 1/Å² of points (N, 3) from those nodes.

    Infinite where there is no reflection: at the origin, and where the centring leaves the node out.
    """
    fractional = rlp @ np.linalg.inv(crystal.A).T
    nearest = np.rint(fractional)
    squared = (((fractional - nearest) @ crystal.A.T) ** 2).sum(axis=1)
    return nearest, np.where(nearest.any(axis=1) & ~_between_nodes(nearest, crystal.hall_symbol), squared, np.inf)


def _between_nodes(hkl: np.ndarray, hall_symbol: str) -> np.ndarray:
    """(N,) bool: absent by the centring of the cell, so no node of the lattice."""
    phase = hkl @ centring_vectors(hall_symbol).T
    return (np.abs(phase - np.rint(phase)) > 1e-3).any(axis=1)


def _without_doubles(owner: np.ndarray, hkl: np.ndarray, phi: np.ndarray, squared: np.ndarray) -> np.ndarray:
    """(N,) owner, with -1 where another spot of the same crystal, index and eighth of a turn is nearer its node.

    One index crosses the sphere twice a turn; spots that stay apart for less are parts of one or strays.
    """
    owner = owner.copy()
    rows = np.flatnonzero(owner >= 0)
    eighth = np.floor(phi[rows] / TURN * 8).astype(int)
    key = np.column_stack([owner[rows], hkl[rows], eighth])
    order = np.lexsort((squared[rows], *key.T))
    key = key[order]
    double = np.zeros(len(rows), bool)
    double[1:] = (key[1:] == key[:-1]).all(axis=1)
    owner[rows[order[double]]] = -1
    return owner
