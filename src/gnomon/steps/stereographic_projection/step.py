"""stereographic_projection: where reciprocal directions of crystals point.

A unit vector with components u, v along the axes of the drawing and w along the pole is drawn at
(u, v) / (1 + w), as seen from the opposite pole (International Tables for Crystallography C, section 1.2); of
a direction and its opposite the one with w >= 0.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.symmetry import is_absent, rotations, space_group
from gnomon.maths.geometry.stereographic import as_seen, projected, view_along
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_crystals
from gnomon.steps.stereographic_projection.params import StereographicProjectionParams
from gnomon.steps.stereographic_projection.summary import ProjectedCrystal, StereographicProjectionSummary


def stereographic_projection(
    experiments: Experiments, reflections: Reflections, params: StereographicProjectionParams
) -> Result[StereographicProjectionSummary]:
    """Experiments and reflections as they are; the summary has the projected directions of each crystal.

    Raises InputError without a crystal in each experiment, and where no index is asked for or all are absent.
    """
    require_crystals("stereographic_projection", experiments)
    if not params.hkl and params.hkl_limit is None:
        raise InputError("stereographic_projection was given no directions; give hkl=0,0,1 or hkl_limit=2")
    if not experiments:
        raise InputError("stereographic_projection was given no experiment; give an .expt with crystals")
    view, pole = _view(experiments[0], params)
    crystals = []
    for i, (name, e) in enumerate(zip(data_set_names(experiments), experiments)):
        hkl = _indices(e, params)
        seen, sign = as_seen(_directions(e, hkl, params) @ view.T)
        x, y = projected(seen).T.tolist()
        told = [(int(h), int(k), int(l)) for h, k, l in hkl * sign[:, None]]
        crystals.append(ProjectedCrystal(i, name, tuple(told), tuple(x), tuple(y)))
    if not any(crystal.hkl for crystal in crystals):
        raise InputError("all of these indices are systematically absent; give others, or eliminate_sys_absent=false")
    summary = StereographicProjectionSummary(frame=params.frame, pole=pole, crystals=tuple(crystals))
    return Result(experiments, reflections, summary)


def _indices(experiment: Experiment, params: StereographicProjectionParams) -> np.ndarray:
    """(n, 3) the indices of a crystal in their order, one of each direction and its opposite."""
    group = space_group(experiment.needed_crystal.hall_symbol)
    hkl = np.array(params.hkl, int).reshape(-1, 3) if params.hkl_limit is None else _up_to(params.hkl_limit)
    if params.expand_to_p1:
        hkl = np.concatenate([hkl @ W for W in rotations(group)])
    if params.eliminate_sys_absent:
        hkl = hkl[~is_absent(hkl, group)]
    lowest = hkl // np.gcd.reduce(hkl, axis=1)[:, None]
    sign = np.array([next(np.sign(i) for i in row[::-1] if i) for row in hkl], int)
    _, rows = np.unique(lowest * sign[:, None], axis=0, return_index=True)
    return hkl[np.sort(rows)]


def _up_to(limit: int) -> np.ndarray:
    """(n, 3) all indices up to a limit, before those that are twice, three times... as high."""
    every = np.array([hkl for hkl in product(range(-limit, limit + 1), repeat=3) if any(hkl)])
    return every[np.argsort(np.gcd.reduce(every, axis=1), kind="stable")]


def _directions(experiment: Experiment, hkl: np.ndarray, params: StereographicProjectionParams) -> np.ndarray:
    """(n, 3) unit vectors in the laboratory."""
    v = hkl @ experiment.needed_crystal.A.T @ _turn(experiment, params).T
    return np.asarray(v / np.linalg.norm(v, axis=1, keepdims=True))


def _turn(experiment: Experiment, params: StereographicProjectionParams) -> np.ndarray:
    """(3, 3) from the crystal as its models are given to the laboratory; of stills nothing turns."""
    scan = experiment.scan
    if experiment.goniometer is None or experiment.is_still:
        return np.eye(3)
    phi = scan.oscillation[0] if params.use_starting_angle and scan is not None else params.phi_angle
    return experiment.goniometer.rotation_at(phi)


def _view(first: Experiment, params: StereographicProjectionParams) -> tuple[np.ndarray, str]:
    """(3, 3) rows right, up, pole of the drawing in the laboratory, and what the pole is."""
    if params.frame == "laboratory":
        return view_along(-first.beam.s0, np.array([1.0, 0, 0]), np.array([0, 1.0, 0])), "towards the source"
    a, b, pole = _directions(first, np.eye(3, dtype=int), params)
    if params.plane_normal is None:
        return view_along(pole, a, b), "c* of the first crystal"
    along = params.plane_normal @ first.needed_crystal.vectors @ _turn(first, params).T
    return view_along(along, a, b), f"[{' '.join(map(str, params.plane_normal))}] of the first crystal"
