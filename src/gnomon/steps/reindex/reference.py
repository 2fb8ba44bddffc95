"""The change of basis under which cell and intensities agree with a reference."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.change_of_basis import (
    change_of_basis_text,
    correlation,
    matched,
    mean_intensities,
    to_primitive,
)
from gnomon.maths.crystal.lattice import b_matrix, lattice_symmetry, niggli
from gnomon.maths.crystal.symmetry import space_group, to_asu
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal, cell_from_a_matrix
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reference import Reference
from gnomon.models.reflections import Reflections
from gnomon.step import Data, require_crystals
from gnomon.steps.reindex.summary import ReferenceTrial

LENGTH_TOLERANCE = 0.1  # relative
ANGLE_TOLERANCE = 5.0  # degrees
INTENSITIES = ("intensity.scale.value", "intensity.prf.value", "intensity.sum.value")


def best_change(
    experiments: Experiments, reflections: Reflections, reference: Data, max_delta: float
) -> tuple[np.ndarray, list[ReferenceTrial]]:
    """P (3, 3) and the trials, best first.

    The trials are all bases that the reference's metric symmetry makes alike; those that its space group joins give
    the same correlation, of which the simplest change is taken. Without intensities the cell decides.
    Raises InputError where no basis has the reference's cell.
    """
    require_crystals("reindex", reference.experiments)
    target = reference.experiments[0].needed_crystal
    trials = _trials(experiments[0].needed_crystal.A, experiments[0].needed_crystal.hall_symbol, target, max_delta)
    if not trials:
        raise InputError("no basis of this lattice has the reference's cell; check that both are one crystal form")
    known = _merged(reference.reflections, target.hall_symbol, np.eye(3))
    found: list[tuple[np.ndarray, ReferenceTrial]] = []
    for P, misfit in trials:
        cc = float("nan")
        if known is not None and len(reflections):
            mine = _merged(reflections, target.hall_symbol, P)
            cc = float("nan") if mine is None else _agreement(mine, known)
        found.append((P, ReferenceTrial(change_of_basis_text(P), misfit, cc)))
    found.sort(
        key=lambda one: (-round(float(np.nan_to_num(one[1].cc, nan=-1.0)), 3), round(one[1].misfit, 3), _size(one[0]))
    )
    return found[0][0], [trial for _, trial in found]


def as_data(reference: Reference) -> Data:
    """The reference as an experiment, with a crystal that lies anyhow, and its reflections."""
    crystal = Crystal(b_matrix(reference.cell), reference.hall_symbol)
    anywhere = Panel(np.array([1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([0, 0, -1.0]), (1, 1), (1.0, 1.0))
    table = Reflections({"miller_index": reference.hkl, "intensity.scale.value": reference.intensity})
    return Data(Experiments.of([Experiment(Beam(), Detector((anywhere,)), crystal=crystal)]), table)


def _size(P: np.ndarray) -> float:
    """How far a change is from none at all."""
    return float(np.abs(P - np.eye(3)).sum())


def _trials(A: np.ndarray, hall: str, target: Crystal, max_delta: float) -> list[tuple[np.ndarray, float]]:
    """(P, misfit) of the changes from A to cells like the target's; misfit: of lengths and angles, in tolerances."""
    mine, theirs = to_primitive(space_group(hall)), to_primitive(space_group(target.hall_symbol))
    _, to_mine = niggli(A @ np.linalg.inv(mine).T)
    reduced, to_theirs = niggli(target.A @ np.linalg.inv(theirs).T)
    W, _ = lattice_symmetry(reduced, max_delta)
    trials = []
    for w in W:
        P = mine @ to_mine @ w @ np.linalg.inv(theirs @ to_theirs)
        off = np.abs(cell_from_a_matrix(A @ np.linalg.inv(P).T) - target.cell)
        misfit = max((off[:3] / target.cell[:3] / LENGTH_TOLERANCE).max(), (off[3:] / ANGLE_TOLERANCE).max())
        if misfit < 1:
            trials.append((P, float(misfit)))
    return trials


def _merged(reflections: Reflections, hall: str, P: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Unique indices under the group after the change P, and their mean intensities; None without intensities."""
    name = next((n for n in INTENSITIES if n in reflections), None)
    if name is None or not len(reflections):
        return None
    hkl = reflections["miller_index"] @ P
    good = reflections["miller_index"].any(axis=1) & (np.abs(hkl - np.rint(hkl)) < 1e-3).all(axis=1)
    intensity = reflections[name]
    if name == "intensity.scale.value" and "inverse_scale_factor" in reflections:
        good &= reflections["inverse_scale_factor"] > 0
        intensity = intensity / np.where(good, reflections["inverse_scale_factor"], 1.0)
    asu, _ = to_asu(np.rint(hkl[good]).astype(np.int32), space_group(hall))
    return mean_intensities(asu, intensity[good])


def _agreement(mine: tuple[np.ndarray, np.ndarray], known: tuple[np.ndarray, np.ndarray]) -> float:
    i, j = matched(mine[0], known[0])
    return correlation((mine[1][i], known[1][j]))
