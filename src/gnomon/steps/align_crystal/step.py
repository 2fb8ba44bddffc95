"""align_crystal: at which angles of a goniometer of three axes chosen directions of a crystal lie as they should."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.symmetry import rotations
from gnomon.maths.geometry.three_axes import three_axis_angles
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.goniometer import MultiAxisGoniometer
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_crystals
from gnomon.steps.align_crystal.params import AlignCrystalParams
from gnomon.steps.align_crystal.summary import AlignCrystalSummary, AxisAngles, Setting

SAME = 0.05
"""Degrees by which settings differ that are one: finer than samples are mounted and crystals refined."""
NEAR_PARALLEL = 1e-3
"""Sine of the angle between two vectors below which they make no pair."""


@dataclass(frozen=True)
class Direction:
    """A direction of the crystal: its name with its order of symmetry, and unit vectors (n, 3) of all equivalents."""

    name: str
    equivalents: np.ndarray


def align_crystal(
    experiments: Experiments, reflections: Reflections, params: AlignCrystalParams
) -> Result[AlignCrystalSummary]:
    """Experiments and reflections as they are; the summary has the settings of the first experiment's crystal.

    Crystal and axes are taken with the goniometer at zero, so that the angles are those to drive to. Raises InputError
    where the goniometer has not three axes, or there is no crystal.
    """
    require_crystals("align_crystal", experiments)
    if not len(experiments):
        raise InputError("align_crystal was given no experiment; give a list with one")
    experiment = experiments[0]
    goniometer = experiment.goniometer
    if not isinstance(goniometer, MultiAxisGoniometer) or len(goniometer.axes) != 3:
        n = len(goniometer.axes) if isinstance(goniometer, MultiAxisGoniometer) else int(goniometer is not None)
        raise InputError(f"align_crystal needs a goniometer of three axes, and this has {n}; import it with its axes")
    pairs = _pairs(experiment.needed_crystal, params)
    target = _target(experiment, goniometer, params.mode)
    found, out_of_reach = _settings(pairs, target, goniometer.axes)
    summary = AlignCrystalSummary(
        experiment=0,
        names=goniometer.names,
        axes=tuple(tuple(axis) for axis in goniometer.axes.tolist()),
        now=tuple(goniometer.angles.tolist()),
        scan_axis=goniometer.scan_axis,
        angles=_axis_angles(experiment, goniometer),
        settings=found,
        n_out_of_reach=out_of_reach,
    )
    return Result(experiments, reflections, summary)


def _pairs(crystal: Crystal, params: AlignCrystalParams) -> list[tuple[Direction, Direction]]:
    """The pairs of directions that are asked for."""
    W = rotations(params.space_group or crystal.hall_symbol)
    basis = crystal.A if params.frame == "reciprocal" else crystal.vectors.T  # columns
    turns = W.swapaxes(1, 2) if params.frame == "reciprocal" else W  # of columns of indices
    star = "*" if params.frame == "reciprocal" else ""
    if params.vector:
        asked = [_direction(np.array(row), basis, turns, star) for row in params.vector]
        return list(zip(asked[::2], asked[1::2], strict=True))
    return list(permutations([_direction(row, basis, turns, star) for row in np.eye(3)], 2))


def _direction(index: np.ndarray, basis: np.ndarray, turns: np.ndarray, star: str) -> Direction:
    """The direction of (3,) indices in a basis of columns; turns: (n, 3, 3) of the point group."""
    cell = np.flatnonzero(index)
    name = f"{'abc'[cell[0]]}{star}" if len(cell) == 1 else f"({', '.join(f'{x:g}' for x in index)}){star}"
    equivalents = turns @ index
    order = int((np.abs(equivalents - index) < 1e-6).all(axis=1).sum())
    vectors = equivalents @ basis.T
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return Direction(f"{name} ({order}-fold)" if order > 1 else name, unit)


def _target(experiment: Experiment, goniometer: MultiAxisGoniometer, mode: str) -> np.ndarray:
    """(2, 3): where the first vector is to point, and to which side the second, at right angles to that."""
    spindle = goniometer.axes[-1] / np.linalg.norm(goniometer.axes[-1])
    across = np.cross(spindle, experiment.beam.s0)
    if np.linalg.norm(across) < NEAR_PARALLEL * np.linalg.norm(experiment.beam.s0):
        raise InputError("align_crystal: the outermost axis of the goniometer lies along the beam; correct the axes")
    across /= np.linalg.norm(across)
    return np.array([spindle, np.cross(across, spindle)] if mode == "main" else [across, spindle])


def _settings(
    pairs: list[tuple[Direction, Direction]], target: np.ndarray, axes: np.ndarray
) -> tuple[tuple[Setting, ...], int]:
    """The different settings (by all but the outermost axis, which turns anyway), and how many pairs have none."""
    found: list[tuple[tuple[float, ...], list[tuple[str, str]]]] = []
    out_of_reach = 0
    for first, second in pairs:
        angles = [a for R in _rotations(first, second, target) for a in three_axis_angles(axes, R)]
        out_of_reach += not angles
        for one in angles:
            names = (first.name, second.name)
            same = [known for at, known in found if _are_the_same(at, one)]
            if not same:
                found.append((one, [names]))
            elif names not in same[0]:
                same[0].append(names)
    found.sort(key=lambda setting: (round(abs(setting[0][1]), 2), -setting[0][1]))
    made = (Setting(tuple(a for a, _ in names), tuple(b for _, b in names), angles) for angles, names in found)
    return tuple(made), out_of_reach


def _rotations(first: Direction, second: Direction, target: np.ndarray) -> Iterator[np.ndarray]:
    """The rotations that bring any equivalents of two vectors, or their opposites, into line with the target."""
    for one, other in product(first.equivalents, second.equivalents):
        across = other - (other @ one) * one
        if np.linalg.norm(across) < NEAR_PARALLEL:
            continue
        across /= np.linalg.norm(across)
        now = np.array([one, across, np.cross(one, across)])
        for signs in product((1, -1), repeat=2):
            p, q = np.array(signs)[:, None] * target
            yield np.array([p, q, np.cross(p, q)]).T @ now


def _are_the_same(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    apart = np.subtract(one[:-1], other[:-1])
    return bool((np.abs((apart + 180.0) % 360.0 - 180.0) < SAME).all())


def _axis_angles(experiment: Experiment, goniometer: MultiAxisGoniometer) -> tuple[AxisAngles, ...]:
    crystal = experiment.needed_crystal
    axes = [*zip(goniometer.names, goniometer.axes), ("beam", experiment.beam.s0)]

    def to(vectors: np.ndarray, axis: np.ndarray) -> tuple[float, ...]:
        cosine = vectors @ axis / np.linalg.norm(vectors, axis=1) / np.linalg.norm(axis)
        return tuple(np.rad2deg(np.arccos(np.clip(np.abs(cosine), 0, 1))).tolist())

    return tuple(AxisAngles(name, to(crystal.A.T, axis), to(crystal.vectors, axis)) for name, axis in axes)
