"""What a fit knows of its own precision."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.maths.crystal.cell_uncertainty import cell_jacobian
from gnomon.maths.geometry_fit.clustered import inflation
from gnomon.maths.geometry_fit.crystal_block import CrystalBlock
from gnomon.maths.geometry_fit.marquardt import Solution
from gnomon.maths.geometry_fit.metric import strained_b
from gnomon.maths.geometry_fit.residuals import Problem
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.model import key_of


def _with_cell_sd(crystal: Crystal, block: CrystalBlock, p: np.ndarray, covariance: np.ndarray) -> Crystal:
    """The crystal with ``B_covariance`` (B row by row) and ``cell_parameter_sd``; along a scan, of its mean."""
    if not len(block.strains):
        return crystal
    where = block.strain_columns()  # (checkpoints, strains)
    of_q = covariance[where[:, :, None, None], where].mean(axis=(0, 2))
    B, dB = strained_b(block.B0, block.strains, p[where].mean(axis=0)[None])
    slopes = dB[0].reshape(-1, 9)
    of_b = slopes.T @ of_q @ slopes
    J = cell_jacobian(B[0])
    sd = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", J, of_b, J), 0))
    return replace(crystal, B_covariance=of_b, cell_parameter_sd=sd)


def with_uncertainties(
    problem: Problem, solution: Solution, clustered: bool = True
) -> tuple[Experiments, np.ndarray, np.ndarray]:
    """The refined experiments with the covariances of their cells, the sigmas (n,) of all parameters, and the
    covariance of those that are shared, of which nothing is made wider.

    Covariances are the inverse of the normal matrix times the reduced chi^2, wider where neighbours err alike, if
    that is asked for (``clustered``).
    """
    model = problem.model
    scale = solution.chi_squared / max(3 * len(problem.obs) - len(solution.p), 1)
    shared, own = solution.normal.covariances()
    wider = inflation(problem, solution, scale) if clustered else np.ones(len(solution.p))
    refined = model.apply(solution.p)
    swap = {}
    for experiment, c in zip(refined, model.crystal_of):
        p, factor = solution.p[model.crystal_slices[c]], wider[model.crystal_slices[c]]
        crystal = experiment.needed_crystal
        if crystal.key not in swap:
            swap[key_of(crystal)] = _with_cell_sd(
                crystal, model.crystals[c], p, own[c] * scale * np.outer(factor, factor)
            )
    variances = np.concatenate([np.diagonal(shared), *(np.diagonal(C) for C in own)])
    return refined.replace_model("crystal", swap), wider * np.sqrt(variances * scale), shared * scale
