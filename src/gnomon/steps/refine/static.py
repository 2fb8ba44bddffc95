"""The static fit of all experiments together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.maths.geometry_fit.fit import fit_geometry
from gnomon.maths.geometry_fit.one_lattice import lattice_groups
from gnomon.maths.geometry_fit.options import Fit, FitOptions
from gnomon.models.experiment import Experiments
from gnomon.models.model import key_of
from gnomon.models.reflections import Reflections
from gnomon.steps.refine.params import RefineParams
from gnomon.summary import Decision

MUCH_BETTER = 0.9  # of the r.m.s. residual of one orientation


def fit_static(
    experiments: Experiments, reflections: Reflections, options: FitOptions, params: RefineParams
) -> tuple[Fit, list[Decision]]:
    """The fit and what was decided: whether scans share orientations, and whether crystals share a cell."""
    fit, decisions = _orientations(experiments, reflections, options, params.separate_mounts)
    n_lattices, n_crystals = len(lattice_groups(experiments)), len(experiments.groups_sharing("crystal"))
    if n_lattices == n_crystals or params.one_cell is False:
        return fit, decisions
    if params.one_cell:
        return fit, [*decisions, Decision("one cell for crystals of one lattice, as asked", parameter="one_cell")]
    fit, shared = _cells(fit, reflections, options)
    return fit, [*decisions, shared]


def _orientations(
    experiments: Experiments, reflections: Reflections, options: FitOptions, separate_mounts: bool | None
) -> tuple[Fit, list[Decision]]:
    """The fit with one orientation of a crystal that several scans share, or one for each scan.

    One, unless ``separate_mounts`` says otherwise or, where it is None, an orientation for each scan fits much
    better: goniometers move crystals less exactly than spots show.
    """
    groups = experiments.groups_sharing("crystal")
    shared = any(len({key_of(experiments[i].scan) for i in members}) > 1 for _, members in groups)
    if not shared or separate_mounts is False:
        return fit_geometry(experiments, reflections, options), []
    apart = fit_geometry(experiments, reflections, replace(options, separate_mounts=True))
    if separate_mounts:
        return apart, [Decision("an orientation for each scan of a crystal, as asked", parameter="separate_mounts")]
    one = fit_geometry(experiments, reflections, options)
    before, after = _spread(one), _spread(apart)
    much_better = after < MUCH_BETTER * before
    what = "an orientation for each scan of a crystal, one cell"
    if not much_better:
        what = "one orientation for all scans of a crystal"
    told = f"(r.m.s. {before:.2f} px with one orientation of a crystal, {after:.2f} px with one for each scan)"
    evidence = {"rmsd_of_one": before, "rmsd_of_each": after}
    return apart if much_better else one, [Decision(what, told, evidence, "separate_mounts", link=" ")]


def _cells(tied: Fit, reflections: Reflections, options: FitOptions) -> tuple[Fit, Decision]:
    """``tied``, unless cells of their own lower the sum of squares by more than they are worth: Schwarz 1978.

    Judged in one round from the tied models, on the reflections and weights that these choose: a fit that may choose
    again gains by keeping what suits it.
    """
    apart = replace(options, one_cell=False)
    free = fit_geometry(tied.experiments, reflections, replace(apart, rounds=1))
    needed = (len(free.values) - len(tied.values)) * np.log(3 * free.n_used.sum())
    gain = free.improvement / free.chi_squared
    what = "a cell each" if gain > needed else "one cell and an orientation each"
    told = f"cells of their own lower chi-squared by {gain:.0f}, their parameters are worth {needed:.0f}"
    evidence = {"gain": float(gain), "needed": float(needed)}
    decision = Decision(f"crystals of one lattice, {what}", told, evidence, "one_cell", link=": ")
    return fit_geometry(tied.experiments, reflections, apart) if gain > needed else tied, decision


def _spread(fit: Fit) -> float:
    """Root mean square of x and y residuals, px."""
    squares = (fit.rmsd[:, :2] ** 2).mean(axis=1)
    used = fit.n_used > 0
    return float(np.sqrt(np.average(squares[used], weights=fit.n_used[used])))
