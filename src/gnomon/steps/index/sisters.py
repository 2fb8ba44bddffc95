"""Lattices of several sweeps brought under the detector that they share, and those unlike all others doubted.

In a still, as in a narrow wedge, a wrong beam centre and a skewed cell explain the spots alike: what was found under a
sweep's own shift may be wrong, and is searched again under the shift that the sweeps agree upon.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.lattice import bases_like
from gnomon.models.crystal import cell_from_a_matrix
from gnomon.steps.index.crystals import common_shifts
from gnomon.steps.index.mixture import Lattice, at_shift
from gnomon.steps.index.points import Points
from gnomon.steps.index.search import search
from gnomon.steps.index.symmetry import KnownSymmetry
from gnomon.steps.index.task import Task
from gnomon.summary import Decision

AGREES = 0.5  # px between a sweep's own shift and the common one, within which its lattice is not searched again
LEAST_SISTERS = 3  # that are alike, for one unlike them to be doubted
MUCH_LESS = 0.8  # of the fraction of spots that lattices of sisters explain, below which a doubted one is left out


@dataclass(frozen=True, eq=False)
class Adapted:
    """The lattice (None: none) of each sweep under the common shift, and what was changed or doubted."""

    lattices: list[Lattice | None]
    decisions: list[Decision]


def under_one_detector(lattices: list[Lattice | None], points: Points, task: Task, held: Sequence[int] = ()) -> Adapted:
    """The lattices under the median shift of the sweeps that share a detector, searched again where theirs differs.

    Sweeps that are ``held`` keep their lattice, and say alone what the shift is.

    Then those unlike all others are searched again in the others' cell; where that explains no more they are told,
    and left out if they also explain much less.
    """
    telling = [x if k in held or not held else None for k, x in enumerate(lattices)]
    shifts = common_shifts(task.sweeps, [None if x is None else x.shift for x in telling])
    new: list[Lattice | None] = list(lattices)
    again, lost = [], []
    for k, lattice in enumerate(lattices):
        if lattice is None or k in held:
            continue
        part = points.of_sweep(k)
        new[k] = _best([at_shift(lattice, part, shifts[k])], task.known)
        pixel = task.sweeps[k].detector.pixel_sizes[0]
        if new[k] is None or np.abs((lattice.shift - shifts[k]) / pixel).max() > AGREES:
            again.append(k)
            new[k] = _best([new[k], *_searched(part, shifts[k], task, task.known)], task.known)
        if new[k] is None:
            lost.append(k)
    decisions = []
    if again:
        what = (
            f"sweeps whose own beam centre differs from the others' by more than {AGREES:g} px were searched again "
            f"under the common one: {_named(again)}"
        )
        decisions.append(Decision(what, evidence={"sweeps": len(again)}))
    if lost:
        what = f"left out, as nothing that is allowed explains the spots there: sweep {_named(lost)}"
        decisions.append(Decision(what, evidence={"sweeps": len(lost)}))
    return _without_strangers(Adapted(new, decisions), points, shifts, task)


def _best(lattices: list[Lattice | None], known: KnownSymmetry) -> Lattice | None:
    """The lattice of most gain of those that agree with what is known."""
    there = [x for x in lattices if x is not None and known.allows(x.A)]
    return max(there, key=lambda x: x.gain, default=None)


def _searched(points: Points, shift: np.ndarray, task: Task, known: KnownSymmetry) -> list[Lattice | None]:
    """Lattices of the points under the shift (2,) mm and no other."""
    found = search(points.moved(shift), task.params.changed(beam_search=False), known, patient=False).lattices
    return [at_shift(replace(x, shift=x.shift + shift), points, shift) for x in found]


def _without_strangers(found: Adapted, points: Points, shifts: list[np.ndarray], task: Task) -> Adapted:
    """Those unlike all others searched again, told of, or left out."""
    lattices, decisions = list(found.lattices), list(found.decisions)
    there = {k: x for k, x in enumerate(lattices) if x is not None}
    for k, sisters in _strangers(there).items():
        own = there[k]
        cell = np.median([cell_from_a_matrix(_as(there[sisters[0]], there[i])) for i in sisters], axis=0)
        usual = float(np.median([there[i].fraction for i in sisters]))
        part = points.of_sweep(k)
        known = replace(task.known, group=None, cell=cell, length_tolerance=0.03, angle_tolerance=3.0)
        like = _best([x for x in _searched(part, shifts[k], task, known) if x is not None], task.known)
        if like is not None and like.gain > own.gain:
            lattices[k] = like
            end = f"is replaced by theirs, which explains {like.fraction:.0%} of the spots"
        elif own.fraction < MUCH_LESS * usual:
            lattices[k] = None
            end = f"explains {own.fraction:.0%} of the spots and theirs {usual:.0%}: left out"
        else:
            end = "is doubtful: look at it before it is merged with them"
        what = f"sweep {k}: a cell of {' '.join(f'{x:.1f}' for x in cell_from_a_matrix(own.A))}, unlike all others'"
        evidence = {"fraction": float(own.fraction), "of_others": usual}
        decisions.append(Decision(f"{what}, {end}", evidence=evidence, parameter="unit_cell"))
    return Adapted(lattices, decisions)


def _strangers(lattices: dict[int, Lattice]) -> dict[int, list[int]]:
    """Sweeps whose cell is like no other's, with the sweeps of the largest group that are alike."""
    alike = {k: [j for j, y in lattices.items() if j != k and len(bases_like(y.A, x.A))] for k, x in lattices.items()}
    most = max(alike, key=lambda k: len(alike[k]), default=None)
    if most is None or len(alike[most]) + 1 < LEAST_SISTERS:
        return {}
    return {k: sorted([most, *alike[most]]) for k, others in alike.items() if not others}


def _as(reference: Lattice, lattice: Lattice) -> np.ndarray:
    """The basis of the lattice that is the reference's but for a turn."""
    return np.asarray(bases_like(lattice.A, reference.A)[0])


def _named(sweeps: list[int]) -> str:
    return ", ".join(map(str, sweeps))
