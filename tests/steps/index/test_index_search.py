"""Lattices from spots of known crystals, with errors of the header, of the spots, and strays."""

from __future__ import annotations

import numpy as np
import pytest
from diffract import PIXEL, crystal, diffract, experiments_of, instrument, shifted, spots

from gnomon.maths.crystal.lattice import niggli
from gnomon.maths.geometry.reciprocal_points import reciprocal_points
from gnomon.models.crystal import cell_from_a_matrix
from gnomon.steps.index.candidate_lattices import is_same_lattice, triples
from gnomon.steps.index.params import IndexParams
from gnomon.steps.index.search import search
from gnomon.steps.index.task import KnownSymmetry

CELLS = {
    "orthorhombic": (60, 70, 80, 90, 90, 90),
    "triclinic": (35, 42, 50, 80, 95, 108),
    "long": (45, 60, 220, 90, 95, 90),
}


def _points(cell, rng, *, off=(0.0, 0.0), n=1500, strays=0, images=120, allowed=None):
    experiment = instrument(n_images=images, distance=200 if max(cell) < 100 else 350)
    experiment = experiment.replace(crystal=crystal(cell, rng))
    _, xyz = diffract(experiment, 2.4 if max(cell) < 100 else 3.5, allowed)
    xyz = xyz[rng.choice(len(xyz), min(n, len(xyz)), replace=False)]
    xyz = np.concatenate([xyz, rng.uniform(0, 1, (strays, 3)) * (1000, 1000, images)])
    table = spots(xyz, rng)
    return experiment, reciprocal_points(experiments_of(shifted(experiment, off)), table)


def _search(points, **params):
    wishes = IndexParams(**{"n_points": 128, **params})
    return search(points, wishes, KnownSymmetry.of(wishes))


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
@pytest.mark.parametrize("off", [(0, 0), (10, -10)], ids=["exact", "beam 14 px off"])
def test_the_lattice_is_found_whatever_the_beam_centre(cell, off):
    experiment, points = _points(cell, np.random.default_rng(3), off=off)
    best = _search(points, n_points=256).lattices[0]
    assert is_same_lattice(niggli(experiment.crystal.A)[0], best.A, 0.2)
    assert best.fraction > 0.98
    np.testing.assert_allclose(best.shift / PIXEL, off, atol=0.2)


def test_half_of_the_spots_may_be_strays():
    experiment, points = _points(CELLS["orthorhombic"], np.random.default_rng(4), n=400, strays=400)
    best = _search(points).lattices[0]
    assert is_same_lattice(niggli(experiment.crystal.A)[0], best.A)
    assert best.fraction == pytest.approx(0.5, abs=0.05)


def test_nothing_is_found_in_noise():
    rng = np.random.default_rng(5)
    for n in (30, 300):
        xyz = rng.uniform(0, 1, (n, 3)) * (1000, 1000, 60)
        points = reciprocal_points(experiments_of(instrument(n_images=60)), spots(xyz))
        assert not _search(points).lattices


def test_a_centred_cell_is_reduced_to_its_primitive_one():
    rng = np.random.default_rng(6)
    _, points = _points((78, 78, 78, 90, 90, 90), rng, allowed=lambda hkl: hkl.sum(axis=1) % 2 == 0)
    best = _search(points).lattices[0]
    assert best.volume == pytest.approx(78**3 / 2, rel=2e-3)
    np.testing.assert_allclose(cell_from_a_matrix(best.A)[:3], 78 * np.sqrt(3) / 2, rtol=1e-3)


def test_two_lattices_give_the_stronger_first():
    rng = np.random.default_rng(7)
    one, first = _points(CELLS["orthorhombic"], rng, n=600)
    _, second = _points(CELLS["orthorhombic"], rng, n=300)
    mixed = type(first)(*(np.concatenate([getattr(first, f), getattr(second, f)]) for f in first.__dataclass_fields__))
    best = _search(mixed).lattices[0]
    assert is_same_lattice(niggli(one.crystal.A)[0], best.A)


def test_a_known_cell_is_found_by_its_lengths_alone():
    cell = (50, 60, 75, 90, 100, 90)
    experiment, points = _points(cell, np.random.default_rng(8), n=300, off=(3, 3))
    wishes = IndexParams(method="real_space_grid_search", unit_cell=(50.5, 60, 74.5, 90, 100.5, 90), space_group="P2")
    known = KnownSymmetry.of(wishes)
    best = search(points, wishes, known).lattices[0]
    found = known.crystal(best.A)
    np.testing.assert_allclose(found.cell, cell, rtol=2e-3)
    change = np.linalg.inv(found.A) @ experiment.crystal.A
    np.testing.assert_allclose(np.abs(change), np.eye(3), atol=0.05)


def test_exact_triples_come_first_among_many_wrong_vectors():
    """The residuals of wrong vectors are no measure for a large cell: judged by those, smaller wrong cells won."""
    rng = np.random.default_rng(8)
    real = np.diag([67.0, 68.0, 69.0])
    rlp = rng.integers(-25, 26, (2000, 3)) @ np.linalg.inv(real).T + rng.normal(scale=1e-4, size=(2000, 3))
    wrong = rng.normal(size=(27, 3))
    wrong *= rng.uniform(5, 110, (27, 1)) / np.linalg.norm(wrong, axis=1, keepdims=True)
    best = triples(rlp, np.concatenate([real, wrong]), 25.0)[0]
    np.testing.assert_allclose(best, real)
