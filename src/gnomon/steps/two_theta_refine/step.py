"""two_theta_refine: the cell from Bragg angles alone, which orientation and scan angle do not touch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.symmetry import rotations
from gnomon.maths.data_sets.data_set import obeying_cell
from gnomon.maths.geometry.centroids import map_centroids
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_columns, require_crystals
from gnomon.steps.two_theta_refine.cell_fit import CellFit, fit_cell
from gnomon.steps.two_theta_refine.params import TwoThetaRefineParams
from gnomon.steps.two_theta_refine.summary import RefinedCell, TwoThetaRefineSummary

LEAST_I_OVER_SIGMA = 5.0
"""Of integrated reflections: the centroid of a weaker one is drawn to the middle of its box."""


def two_theta_refine(
    experiments: Experiments, reflections: Reflections, params: TwoThetaRefineParams
) -> Result[TwoThetaRefineSummary]:
    """The experiments with the refined cell and its uncertainties beside their crystals' own; reflections as they are.

    ``crystal.recalculated_unit_cell`` is what export and merge then report, as in DIALS. Uncertainties are scaled by
    the root of the reduced chi-squared; they are random errors alone, not those of distance and wavelength.
    Raises InputError where crystals that are to have one cell have different symmetry, or reflections are too few.
    """
    require_crystals("two_theta_refine", experiments)
    require_columns("two_theta_refine", reflections, ("miller_index", "xyzobs.px.value", "xyzobs.px.variance"))
    table = map_centroids(experiments, reflections.select(_usable(reflections, params)))
    every = list(range(len(experiments)))
    groups = [every] if params.combine_crystal_models else [[i] for i in every]
    cells, swap = [], {}
    for members in groups:
        fit, told = _refined(experiments, table, members, params)
        cells.append(told)
        swap.update(dict.fromkeys(members, fit))
    refined = (_with_cell(e, swap[i], params.triclinic) for i, e in enumerate(experiments))
    return Result(experiments.with_items(refined), reflections, TwoThetaRefineSummary(cells=tuple(cells)))


def _usable(reflections: Reflections, params: TwoThetaRefineParams) -> np.ndarray:
    """(N,) bool: indexed, with a centroid, enough of it recorded, and strong where it was integrated."""
    usable = (reflections["miller_index"] != 0).any(axis=1) & (reflections["id"] >= 0)
    usable &= (reflections["xyzobs.px.variance"] > 0).all(axis=1)
    usable &= ~reflections.has(Flag.BAD_FOR_REFINEMENT) if "flags" in reflections else True
    if "partiality" in reflections:
        usable &= reflections["partiality"] >= params.partiality_threshold
    if params.filter_integrated_centroids and "intensity.sum.value" in reflections:
        I, variance = reflections["intensity.sum.value"], reflections["intensity.sum.variance"]
        strong = (variance > 0) & (LEAST_I_OVER_SIGMA * np.sqrt(np.maximum(variance, 0)) < I)
        strong &= reflections.has(Flag.INTEGRATED_SUM)
        usable &= strong | reflections.has(Flag.STRONG)
    return usable


def _refined(
    experiments: Experiments, table: Reflections, members: list[int], params: TwoThetaRefineParams
) -> tuple[CellFit, RefinedCell]:
    symbols = {experiments[i].needed_crystal.hall_symbol for i in members}
    if len(symbols) > 1 and not params.triclinic:
        raise InputError(
            f"the crystals have different space groups ({', '.join(sorted(symbols))}); "
            "give combine_crystal_models=False"
        )
    own = table.select(np.isin(table["id"], members))
    if not len(own):
        raise InputError(
            "two_theta_refine has no strong reflections with a centroid for experiments "
            f"{members[0]} to {members[-1]}; give filter_integrated_centroids=False, or indexed.refl"
        )
    wavelengths = np.array([e.beam.wavelength for e in experiments])[own["id"]]
    two_theta, sigma = _angles(experiments, own)
    group = " P 1" if params.triclinic else next(iter(symbols))
    A = experiments[members[0]].needed_crystal.A
    fit = fit_cell(own["miller_index"].astype(float), two_theta, sigma, wavelengths, A, rotations(group))
    hkl, theta, used = own["miller_index"], np.rad2deg(two_theta[fit.used] / 2), fit.used
    told = RefinedCell(
        experiments=tuple(members),
        cell=tuple(obeying_cell(fit.cell, group).tolist()),
        cell_sd=tuple(fit.cell_sd.tolist()),
        volume=fit.volume,
        volume_sd=fit.volume_sd,
        wavelength=float(wavelengths.mean()),
        n_reflections=int(used.sum()),
        n_outliers=int((~used).sum()),
        rmsd_two_theta=float(np.rad2deg(np.sqrt(np.mean(fit.residual[used] ** 2)))),
        reduced_chi2=fit.reduced_chi2,
        theta_min=float(theta.min()),
        theta_max=float(theta.max()),
        index_min=_triple(hkl[used].min(axis=0)),
        index_max=_triple(hkl[used].max(axis=0)),
    )
    return fit, told


def _triple(values: np.ndarray) -> tuple[int, int, int]:
    h, k, l = (int(v) for v in values)
    return h, k, l


def _angles(experiments: Experiments, table: Reflections) -> tuple[np.ndarray, np.ndarray]:
    """2theta (N,) and its standard deviation (N,), rad, of observed centroids."""
    two_theta, sigma = np.zeros(len(table)), np.zeros(len(table))
    each = table.by_experiment()
    for i, experiment in enumerate(experiments):
        rows = each.array(i)
        if len(rows):
            two_theta[rows], sigma[rows] = _angles_of_one(experiment, table.select(rows))
    return two_theta, sigma


def _angles_of_one(experiment: Experiment, table: Reflections) -> tuple[np.ndarray, np.ndarray]:
    """Of one experiment: the spot moves the ray by its shift along the direction in which 2theta grows."""
    panel, mm = table["panel"].astype(np.intp), table["xyzobs.mm.value"]
    s1 = table["s1"] / np.linalg.norm(table["s1"], axis=1, keepdims=True)
    beam = experiment.beam.s0 / np.linalg.norm(experiment.beam.s0)
    across = beam - s1 * (s1 @ beam)[:, None]
    sine = np.linalg.norm(across, axis=1)
    two_theta = np.arctan2(sine, s1 @ beam)
    outwards = -across / np.maximum(sine, 1e-12)[:, None]
    distance = np.linalg.norm(experiment.detector.lab_coordinates(panel, mm[:, :2]), axis=1)
    slopes = np.einsum("ni,nik->nk", outwards, experiment.detector.frames[panel][:, :, :2]) / distance[:, None]
    return two_theta, np.sqrt((slopes**2 * table["xyzobs.mm.variance"][:, :2]).sum(axis=1))


def _with_cell(experiment: Experiment, fit: CellFit, triclinic: bool) -> Experiment:
    crystal = experiment.needed_crystal
    cell = fit.cell if triclinic else obeying_cell(fit.cell, crystal.hall_symbol)
    changed = replace(crystal, recalculated_unit_cell=cell, cell_parameter_sd=fit.cell_sd)
    return experiment.replace(crystal=changed)
