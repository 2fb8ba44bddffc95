"""Cells that are tied: to a target, half way where both know as much; to each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnomon.errors import UsageError
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.geometry_fit.fit import fit_geometry
from gnomon.maths.geometry_fit.options import CellRestraint, FitOptions, options_of
from gnomon.maths.geometry_fit.params import FitParams
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.params import made

CELL = np.array([40.0, 40.0, 60.0, 90.0, 90.0, 90.0])
FIXED = {"beam_fixed": ("all",), "detector_fixed": ("all",), "floors": False, "outliers": "none", "one_cell": False}


def crystals(tilted, edges, hall=" P 2 2"):
    """Crystals of these edges a, else alike, on one instrument, each in its own orientation."""
    first = tilted()
    found = []
    for i, a in enumerate(edges):
        cell = CELL.copy()
        cell[0] = a
        turn = np.linalg.qr(np.random.default_rng(i).normal(size=(3, 3)))[0]
        turn *= np.sign(np.linalg.det(turn))
        found.append(first.replace(crystal=Crystal(turn @ b_matrix(cell), hall)))
    return Experiments.of(found)


def fit(experiments, table, restraint=None, **more):
    options = FitOptions(**FIXED, restraints=() if restraint is None else (restraint,), **more)
    return fit_geometry(experiments, table, options)


def edge(result, i=0):
    return result.experiments[i].crystal.cell[0]


def test_a_target_as_sure_as_the_spots_is_met_half_way(tilted, make_spots):
    """The posterior mean of two normal distributions of one width."""
    experiments = crystals(tilted, [40.0])
    table = make_spots(experiments, d_min=5.0, noise=0.1)
    free = fit(experiments, table)
    sd = float(free.experiments[0].crystal.cell_parameter_sd[0] / np.sqrt(free.chi_squared))
    target = edge(free) + 0.5 * sd
    sigmas = (sd, 0.0, 0.0, 0.0, 0.0, 0.0)
    tied = fit(experiments, table, CellRestraint(sigmas, (target, *CELL[1:])))
    assert (edge(tied) - edge(free)) / sd == pytest.approx(0.25, abs=0.01)
    firm = fit(experiments, table, CellRestraint((1e-5, *sigmas[1:]), (40.05, *CELL[1:])))
    assert edge(firm) == pytest.approx(40.05, abs=2e-4)


def test_what_symmetry_makes_equal_is_tied_once(tilted, make_spots):
    """a = b of a tetragonal cell, by the surer of the two sigmas; angles of 90 degrees not at all."""
    experiments = crystals(tilted, [40.0], " P 4 2")
    table = make_spots(experiments, d_min=5.0, noise=0.1)
    sd = float(fit(experiments, table).experiments[0].crystal.cell_parameter_sd[0])
    one, both = (
        fit(experiments, table, CellRestraint(sigmas, (40.02, 40.02, 60.0, 91.0, 90.0, 90.0)))
        for sigmas in ((sd, 0, 0, 0, 0, 0), (sd, 3 * sd, 0, 1e-6, 0, 0))
    )
    assert edge(one) == edge(both)


def test_a_group_is_tied_to_its_mean_or_those_named(tilted, make_spots):
    experiments = crystals(tilted, [39.97, 40.0, 40.06])
    table = make_spots(experiments, d_min=6.0, noise=0.05)
    apart = [edge(fit(experiments, table), i) for i in range(3)]
    assert apart == pytest.approx([39.97, 40.0, 40.06], abs=0.02)
    tight = (1e-5, 0.0, 0.0, 0.0, 0.0, 0.0)
    for to_median in (False, True):
        tied = fit(experiments, table, CellRestraint(tight, to_median=to_median), max_iterations=200)
        edges = [edge(tied, i) for i in range(3)]
        assert np.ptp(edges) < 1e-3
        assert 39.97 < edges[0] < 40.06
    two = fit(experiments, table, CellRestraint(tight, experiments=(0, 1)), max_iterations=200)
    assert abs(edge(two, 0) - edge(two, 1)) < 1e-3
    assert edge(two, 2) == pytest.approx(apart[2], abs=1e-6)


def test_parameters_make_restraints():
    params = FitParams(target_cell=tuple(CELL), target_sigmas=(0.1,) * 6, target_id=(1,), group_sigmas=(0.2,) * 6)
    to_target, to_mean = options_of(params).restraints
    assert to_target == CellRestraint((0.1,) * 6, tuple(CELL), experiments=(1,))
    assert to_mean == CellRestraint((0.2,) * 6)
    everywhere = options_of(params.changed(target_apply_to_all=True)).restraints[0]
    assert everywhere == replace(to_target, experiments=None)
    with pytest.raises(UsageError, match="six numbers are needed"):
        made(FitParams, {"target_cell": (40.0, 50.0)})
