"""Crystals for the sweeps: one for all, or one each, in settings that agree."""

from __future__ import annotations

import numpy as np

from gnomon.maths.lattice import bases_like
from gnomon.models.experiment import Experiments
from gnomon.steps.index.mixture import Lattice, judged, offsets, polished, weigh
from gnomon.steps.index.points import Points, detector_axes

LEAST_SPOTS = 8  # of a sweep, to say whether a lattice explains it
SPLIT_RATIO = 2.0  # residual of one crystal for all over that of one each, above which each sweep gets its own
CLOSE = 5.0  # degrees


def explains_all(lattice: Lattice, points: Points, n_sweeps: int) -> bool:
    """Whether a lattice found in all sweeps explains each: half the fraction of points that it does in the best."""
    fractions = []
    for k in range(n_sweeps):
        part = points.of_sweep(k)
        if len(part) >= LEAST_SPOTS:
            fractions.append(_near_fraction(lattice, part))
    return bool(fractions) and min(fractions) >= 0.5 * max(fractions) and min(fractions) > 0.25


def _near_fraction(lattice: Lattice, points: Points, tolerance: float = 0.2) -> float:
    """The fraction of points within ``tolerance`` of whole numbers on each axis, less what chance would give."""
    rlp = points.rlp + points.slope @ lattice.shift
    h = rlp @ np.linalg.inv(lattice.A).T
    near = (np.abs(h - np.rint(h)) < tolerance).all(axis=1).mean()
    chance = (2 * tolerance) ** 3
    return float((near - chance) / (1 - chance))


def misorientation(A: np.ndarray, other: np.ndarray) -> float:
    """Degrees by which ``other`` is turned against A: the angle of the rotation nearest to other A^-1."""
    u, _, v = np.linalg.svd(other @ np.linalg.inv(A))
    return float(np.rad2deg(np.arccos(np.clip((np.trace(u @ v) - 1) / 2, -1, 1))))


def one_each(lattice: Lattice, points: Points, n_sweeps: int) -> list[Lattice]:
    """The lattice polished for each sweep by itself, the detector's shift in common; as it is where spots are few."""
    result = []
    for k in range(n_sweeps):
        part = points.of_sweep(k)
        own = polished(lattice, part) if len(part) >= LEAST_SPOTS else lattice
        same = misorientation(lattice.A, own.A) < CLOSE and abs(own.volume / lattice.volume - 1) < 0.1
        result.append(own if same else judged(lattice, part))
    return result


def needs_splitting(lattice: Lattice, each: list[Lattice], points: Points) -> bool:
    """Whether sweeps disagree about the orientation: their own fits leave less than half the residual of the joint.

    Settings of a goniometer can be a degree off, which refinement with one crystal cannot mend.
    """
    ratios = []
    for k, own in enumerate(each):
        part = points.of_sweep(k)
        if len(part) >= LEAST_SPOTS:
            ratios.append(_residual(lattice, part) / max(_residual(own, part), 1e-9))
    return bool(ratios) and float(np.median(ratios)) > SPLIT_RATIO


def _residual(lattice: Lattice, points: Points) -> float:
    """1/Å: the median distance of points that belong from their nodes."""
    squared = offsets(lattice.A, points.rlp + points.slope @ lattice.shift)[1]
    inside = weigh(lattice.A, squared)[3] > 0.5
    return float(np.sqrt(np.median(squared[inside]))) if inside.any() else float(np.sqrt(np.median(squared)))


def aligned(A: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """The basis of A's lattice, among those that are the reference's but for a turn, that is turned by the least.

    As it is where none comes within 5 degrees, or the cells differ: another crystal.
    """
    trials = bases_like(A, reference)
    angles = [misorientation(reference, trial) for trial in trials]
    best = int(np.argmin(angles)) if angles else -1
    return trials[best] if angles and angles[best] < CLOSE else A


def common_shifts(experiments: Experiments, shifts: list[np.ndarray | None]) -> list[np.ndarray]:
    """The shift (2,) mm of each experiment's detector: the median over those that share it, zero if unknown."""
    result = [np.zeros(2)] * len(experiments)
    for _, members in experiments.groups_sharing("detector"):
        known = [s for i in members if (s := shifts[i]) is not None]
        for i in members:
            result[i] = np.median(known, axis=0) if known else np.zeros(2)
    return result


def move_detectors(experiments: Experiments, shifts: list[np.ndarray]) -> Experiments:
    """The experiments with each detector moved by its shift (mm, along its axes); shared ones stay shared."""
    swap = {}
    for detector, members in experiments.groups_sharing("detector"):
        swap[detector.key] = detector.moved(np.eye(3), detector_axes(detector) @ shifts[members[0]])
    return experiments.replace_model("detector", swap)
