"""Cells and uncertainties against the crystal by which spots were made, and in the files that report them."""

import gemmi
import numpy as np
import pytest

from gnomon import two_theta_refine
from gnomon.errors import InputError
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.report.cell_files import cif_text, mmcif_text, p4p_text
from gnomon.simulate.centroids import indexed_sweep
from gnomon.simulate.example import EXAMPLE
from gnomon.steps.two_theta_refine.cell_fit import fit_cell

ROTATIONS = {"P1": [np.eye(3, dtype=int)], "P2": [np.eye(3, dtype=int), np.diag([-1, 1, -1])]}


@pytest.fixture(scope="module")
def sweep():
    return indexed_sweep(EXAMPLE)


def test_the_true_cell_is_found_from_a_swollen_one(sweep):
    assert abs(sweep.experiments[0].crystal.cell[0] / sweep.true.cell[0] - 1) > 3e-4
    result = two_theta_refine(sweep.experiments, sweep.reflections)
    (found,) = result.summary.cells
    assert found.cell[:3] == pytest.approx(sweep.true.cell[:3], rel=2e-5)
    off = (np.array(found.cell) - sweep.true.cell)[[0, 2]] / np.array(found.cell_sd)[[0, 2]]
    assert np.abs(off).max() < 4
    assert found.cell[0] == pytest.approx(found.cell[1], rel=1e-12)
    assert found.cell[3:] == (90.0, 90.0, 90.0)
    assert found.cell_sd[3:] == (0.0, 0.0, 0.0)
    a, c = found.cell_sd[0] / found.cell[0], found.cell_sd[2] / found.cell[2]
    assert max(a, c) < found.volume_sd / found.volume < 2 * a + c
    assert found.volume == pytest.approx(found.cell[0] ** 2 * found.cell[2], rel=1e-9)
    assert np.allclose(result.experiments[0].crystal.recalculated_unit_cell, found.cell)


@pytest.mark.parametrize("name", ROTATIONS)
def test_uncertainties_are_those_of_many_trials(name):
    rng = np.random.default_rng(4)
    cell = np.array([11.0, 14.0, 19.0, 90.0, 104.0, 90.0])
    A = np.array(gemmi.UnitCell(*cell).frac.mat).T  # any orientation does
    hkl = rng.integers(-9, 10, (400, 3))
    hkl = hkl[(hkl != 0).any(axis=1)]
    d = 1 / np.linalg.norm(hkl @ A.T, axis=1)
    hkl, d = hkl[d > 1.0], d[d > 1.0]
    two_theta = 2 * np.arcsin(0.7 / 2 / d)
    sigma = np.full(len(d), 3e-5) * (1 + rng.random(len(d)))
    fits = [
        fit_cell(hkl.astype(float), two_theta + rng.normal(size=len(d)) * sigma, sigma, np.full(len(d), 0.7),
                 A * 1.001, np.array(ROTATIONS[name]))
        for _ in range(200)
    ]  # fmt: skip
    cells, sds = np.array([f.cell for f in fits]), np.array([f.cell_sd for f in fits])
    spread = cells.std(axis=0)
    free = sds[0] > 0
    assert free.tolist() == [True] * 3 + ([True] * 3 if name == "P1" else [False, True, False])
    assert spread[free] == pytest.approx(sds.mean(axis=0)[free], rel=0.2)
    assert np.abs(cells.mean(axis=0) - cell).max() < 5 * sds.max() / np.sqrt(200)
    volumes = np.array([f.volume for f in fits])
    assert volumes.std() == pytest.approx(np.mean([f.volume_sd for f in fits]), rel=0.2)
    assert volumes.mean() == pytest.approx(gemmi.UnitCell(*cell).volume, rel=1e-4)


def test_wrong_indices_are_left_out(sweep):
    hkl = sweep.reflections["miller_index"].copy()
    hkl[::50] += [0, 0, 1]
    result = two_theta_refine(sweep.experiments, sweep.reflections.with_columns({"miller_index": hkl}))
    (found,) = result.summary.cells
    assert found.n_outliers >= len(hkl[::50])
    assert found.cell[:3] == pytest.approx(sweep.true.cell[:3], rel=2e-5)


def test_each_crystal_may_have_its_own_cell_and_be_triclinic(sweep):
    other = sweep.experiments[0].replace(identifier="other")
    experiments = Experiments.of([sweep.experiments[0], other])
    second = sweep.reflections.with_columns({"id": np.ones(len(sweep.reflections), int)})
    table = Reflections.concatenate([sweep.reflections, second])
    together = two_theta_refine(experiments, table).summary.cells
    apart = two_theta_refine(experiments, table, combine_crystal_models=False, triclinic=True).summary.cells
    assert len(together) == 1
    assert len(apart) == 2
    assert together[0].n_reflections == 2 * apart[0].n_reflections + 2 * apart[0].n_outliers - together[0].n_outliers
    assert apart[0].cell_sd[3] > 0
    assert apart[0].cell == pytest.approx(sweep.true.cell, rel=1e-4)


def test_what_cannot_be_is_told(sweep):
    with pytest.raises(InputError, match="has 1 reflections for a cell with 2 free parameters"):
        two_theta_refine(sweep.experiments, sweep.reflections.select(slice(0, 1)))
    odd = [sweep.experiments[0], sweep.experiments[0].replace(crystal=Crystal(sweep.true.A, " P 1"))]
    with pytest.raises(InputError, match="different space groups"):
        two_theta_refine(Experiments.of(odd), sweep.reflections)


def test_files_tell_the_cell(sweep):
    (found,) = two_theta_refine(sweep.experiments, sweep.reflections).summary.cells
    cif = gemmi.cif.read_string(cif_text(found, "2026-12-01", "1.0")).sole_block()
    value, _, sd = cif.find_value("_cell_length_a").partition("(")
    decimals = len(value.partition(".")[2])
    assert float(value) == pytest.approx(found.cell[0], abs=0.51 * 10**-decimals)
    assert int(sd[:-1]) * 10**-decimals == pytest.approx(found.cell_sd[0], rel=0.5)
    mmcif = gemmi.cif.read_string(mmcif_text(found, "2026-12-01", "1.0")).sole_block()
    assert float(mmcif.find_value("_cell.length_c")) == pytest.approx(found.cell[2], abs=1e-6)
    assert int(mmcif.find_value("_diffrn_reflns.number")) == found.n_reflections
    lines = dict(line.split(maxsplit=1) for line in p4p_text(found).splitlines())
    assert [float(x) for x in lines["CELL"].split()] == pytest.approx([*found.cell, found.volume], rel=1e-5)
    assert lines["SOURCE"].split() == ["SYNCH", "1.000000"]
