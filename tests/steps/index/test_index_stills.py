"""Stills: under a beam centre that is off, beside sweeps, and with a crystal unlike its sisters."""

from __future__ import annotations

import numpy as np
import pytest
from diffract import crystal, diffract, experiments_of, instrument, shifted, spots, still_of, still_spots

from gnomon.errors import InputError
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.steps.index.crystals import misorientation
from gnomon.steps.index.params import IndexParams
from gnomon.steps.index.protocol import beyond_the_scan
from gnomon.steps.index.step import index
from gnomon.steps.index.task import Indexed, Refined

CELL = (67, 67, 67, 90, 90, 90)


def wishes(**given):
    return IndexParams(n_points=128, **given)


def still(rng, cell, number, detector=None):
    """A still of a crystal in a random orientation, about 150 spots, and its table."""
    made = still_of(instrument(distance=150.0, size=(700, 700)).replace(crystal=crystal(cell, rng)))
    if detector is not None:
        made = made.replace(detector=detector)
    xy = still_spots(made, 2.6, 4e-4)
    return made, spots(np.column_stack([xy, np.full(len(xy), 0.5)]), rng, sweep=number, noise=(0.15, 0.15, 0.0))


def stills(rng, cells, error):
    """Stills that share a detector whose beam centre is off by ``error`` px in the header."""
    made, detector = [], None
    for k, cell in enumerate(cells):
        made.append(still(rng, cell, k, detector))
        detector = made[0][0].detector
    believed = shifted(made[0][0], error).detector
    experiments = experiments_of(*(e.replace(detector=believed) for e, _ in made))
    return experiments, Reflections.concatenate([table for _, table in made])


@pytest.mark.parametrize("known", [{}, {"space_group": "P23"}, {"unit_cell": CELL}])
def test_a_beam_centre_5_px_off_leaves_no_wrong_lattice_and_ends_in_no_assertion(known):
    experiments, table = stills(np.random.default_rng(3), [CELL] * 7, (4.5, -4))
    result = index(experiments, table, wishes(**known))
    assert len(result.experiments) == 7
    for experiment in result.experiments:
        np.testing.assert_allclose(experiment.crystal.cell, CELL, rtol=0.01)
    assert min(s.fraction for s in result.summary.sweeps) > 0.95
    np.testing.assert_allclose(result.summary.beam_centre_off, (4.5, -4), atol=0.2)


def test_a_crystal_unlike_all_its_sisters_is_doubted():
    experiments, table = stills(np.random.default_rng(4), [CELL] * 4 + [(50, 61, 74, 90, 90, 90)], (0, 0))
    result = index(experiments, table, wishes())
    assert len(result.experiments) == 5
    (doubt,) = [line for line in result.summary.sentences if "unlike all others'" in line]
    assert doubt.startswith("sweep 4: a cell of 50.")
    assert "doubtful" in doubt


def sweep_beside_stills(rng, n_stills=2):
    """A good sweep of one crystal with stills of others on its detector."""
    truth = instrument(distance=150.0, size=(700, 700), n_images=60).replace(crystal=crystal(CELL, rng))
    _, xyz = diffract(truth, 2.6)
    rows = np.sort(rng.choice(len(xyz), 900, replace=False))
    made = [still(rng, CELL, k + 1, truth.detector) for k in range(n_stills)]
    experiments = experiments_of(truth, *(e for e, _ in made))
    return truth, experiments, Reflections.concatenate([spots(xyz[rows], rng), *(table for _, table in made)])


def test_a_sweep_is_refined_beside_stills_which_are_indexed():
    truth, experiments, table = sweep_beside_stills(np.random.default_rng(5))
    result = index(experiments, table, wishes())
    assert [e.is_still for e in result.experiments] == [False, True, True]
    assert result.summary.one_lattice
    assert min(s.fraction for s in result.summary.sweeps) > 0.95
    rmsd = [c.rmsd for c in result.summary.crystals]
    assert max(rmsd[0]) < 0.2
    assert np.isnan(rmsd[1:]).all()
    np.testing.assert_allclose(result.experiments[0].crystal.cell, CELL, rtol=2e-3)
    fitted = result.reflections.has(Flag.USED_IN_REFINEMENT)
    assert (result.reflections["id"][fitted] == 0).all()
    assert fitted.sum() > 500
    assert misorientation(truth.crystal.A, result.experiments[0].crystal.A) < 180  # a lattice of it, in some setting


def test_a_sweep_of_a_millionth_of_a_degree_is_stills():
    assert Scan((1, 10), (0.0, 1e-6)).is_still
    assert not Scan((1, 10), (0.0, 0.001)).is_still


def test_no_message_offers_a_cell_edge_that_the_detector_could_not_resolve():
    rng = np.random.default_rng(6)
    experiment = still_of(instrument(distance=150.0, size=(700, 700)))
    xy = rng.uniform(100, 600, (60, 2))
    twice = np.concatenate([xy, xy + 1e-3])  # spots found twice
    table = spots(np.column_stack([twice, np.full(120, 0.5)]))
    with pytest.raises(InputError, match="no lattice found") as caught:
        index(experiments_of(experiment), table, wishes())
    edge = float(str(caught.value).split("up to ")[1].split()[0])
    assert edge < 5000


def test_residuals_beyond_the_whole_scan_are_no_solution():
    truth = instrument(n_images=10).replace(crystal=crystal(CELL, np.random.default_rng(7)))
    indexed = Indexed(experiments_of(truth), [0])
    table = Reflections({"id": np.zeros(1, np.int32)})
    assert beyond_the_scan(Refined(indexed, table, np.array([[0.1, 0.1, 3.0]]))) == []
    with pytest.raises(InputError, match=r"off by 1e.06 images r.m.s., and the scan has but 10"):
        beyond_the_scan(Refined(indexed, table, np.array([[0.1, 0.1, 1e6]])))
