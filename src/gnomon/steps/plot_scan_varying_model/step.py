"""plot_scan_varying_model: cell, orientation and beam centre at each scan point."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.models.crystal import Crystal, cell_from_a_matrix
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import Result
from gnomon.steps.plot_scan_varying_model.params import PlotScanVaryingModelParams
from gnomon.steps.plot_scan_varying_model.summary import PlotScanVaryingModelSummary, Values, VaryingModel


def plot_scan_varying_model(
    experiments: Experiments, reflections: Reflections, params: PlotScanVaryingModelParams
) -> Result[PlotScanVaryingModelSummary]:
    """Experiments as they are; the summary has what varies along each scan.

    A turn R from the mean orientation is R(e3) R(e2) R(e1), that about e1 done first. Raises InputError for axes that
    are not at right angles.
    """
    axes = _axes(params)
    models = tuple(
        _of(i, e, axes, params.relative_to_static_orientation) for i, e in enumerate(experiments) if not e.is_still
    )
    summary = PlotScanVaryingModelSummary(models=models, relative=params.relative_to_static_orientation)
    return Result(experiments, reflections, summary)


def _axes(params: PlotScanVaryingModelParams) -> np.ndarray:
    """(3, 3), columns e1, e2, e3 of length 1. Raises InputError where they are no right-handed cross."""
    axes = np.array([params.e1, params.e2, params.e3], float).T
    length = np.linalg.norm(axes, axis=0)
    if not (length > 0).all() or not np.allclose(axes.T @ axes, np.diag(length**2), atol=1e-3 * length.max() ** 2):
        raise InputError("orientation_decomposition: e1, e2 and e3 are not at right angles; give three axes that are")
    if np.linalg.det(axes) < 0:
        raise InputError("orientation_decomposition: e1, e2, e3 are left-handed; turn one of them round")
    return np.asarray(axes / length)


def _of(number: int, experiment: Experiment, axes: np.ndarray, relative: bool) -> VaryingModel:
    scan, crystal, beam = experiment.needed_scan, experiment.crystal, experiment.beam
    z = np.arange(scan.n_images + 1) + float(scan.array_range[0])
    cell: tuple[Values, ...] = ()
    turns: tuple[Values, ...] = ()
    volume: Values = ()
    centre: tuple[Values, ...] = ()
    if crystal is not None and crystal.A_at_scan_points is not None:
        cell = _columns(cell_from_a_matrix(crystal.A_at_scan_points))
        volume = tuple((1 / np.abs(np.linalg.det(crystal.A_at_scan_points))).tolist())
        turns = _columns(_turns(crystal, axes, relative))
    if beam.s0_at_scan_points is not None:
        centre = _columns(_beam_centres(experiment, beam.s0_at_scan_points))
    return VaryingModel(number, tuple(z.tolist()), tuple(scan.phi_at(z).tolist()), cell, volume, turns, centre)


def _columns(rows: np.ndarray) -> tuple[Values, ...]:
    return tuple(tuple(column) for column in rows.T.tolist())


def _orientation(A: np.ndarray) -> np.ndarray:
    """U (3, 3) of A = U B, B as Busing & Levy have it."""
    return np.asarray(A @ np.linalg.inv(b_matrix(cell_from_a_matrix(A))))


def _turns(crystal: Crystal, axes: np.ndarray, relative: bool) -> np.ndarray:
    """(n, 3) degrees about the axes (columns) that make each orientation of the static one, or of the laboratory."""
    assert crystal.A_at_scan_points is not None
    start = _orientation(crystal.A) if relative else np.eye(3)
    return np.array([_angles(axes.T @ _orientation(A) @ start.T @ axes) for A in crystal.A_at_scan_points])


def _angles(R: np.ndarray) -> np.ndarray:
    """(3,) degrees about x, y, z with R = R(z) R(y) R(x)."""
    y = np.arcsin(np.clip(-R[2, 0], -1, 1))
    return np.rad2deg([np.arctan2(R[2, 1], R[2, 2]), y, np.arctan2(R[1, 0], R[0, 0])])


def _beam_centres(experiment: Experiment, s0: np.ndarray) -> np.ndarray:
    """(n, 2) px where the beam meets the plane of the panel that it hits, or of the first."""
    detector = experiment.detector
    panel = max(int(detector.find_panel(experiment.beam.s0[None])[0]), 0)
    return detector.mm_to_pixel(panel, detector.intersect(panel, s0))
