"""Species differ as they were asked to, crystals of a species a little."""

import numpy as np
import pytest

from gnomon.simulate.population import population
from gnomon.simulate.species import (
    CC_RESOLUTION,
    crystal_of,
    mean_cc,
    species_intensities,
    species_of,
    unique_indices,
)
from gnomon.simulate.species_params import CrystalsParams

SMALL = CrystalsParams(cell=(50.0, 50.0, 50.0, 90.0, 90.0, 90.0), species=("cow", "pig"))


def intensities(params, structures):
    return species_intensities(params, structures, unique_indices(params, CC_RESOLUTION), CC_RESOLUTION)


@pytest.mark.parametrize("cc", [0.9, 0.94, 0.98])
def test_species_correlate_as_asked(cc):
    params = SMALL.changed(species_cc=cc)
    species = species_of(params)
    assert 1 - mean_cc(intensities(params, species)) == pytest.approx(1 - cc, rel=0.05)
    assert abs(species[0].cell.a / species[1].cell.a - 1) == pytest.approx(0.002, rel=0.01)


def test_pairs_of_three_species_are_about_equally_far_apart():
    params = CrystalsParams()
    cc = np.corrcoef(intensities(params, species_of(params)))
    assert ((cc > 0.90) & (cc < 0.97) | np.eye(3, dtype=bool)).all()


def test_crystals_of_a_species_differ_less_than_species_do():
    params = SMALL.changed(species=("cow",))
    (cow,) = species_of(params)
    crystals = [crystal_of(cow, params, seed) for seed in range(3)]
    assert 0.995 < mean_cc(intensities(params, crystals)) < 0.99999
    moved = (crystals[0].atoms.fractional - cow.atoms.fractional) * params.cell[0]
    assert np.sqrt((moved**2).sum(axis=1).mean()) == pytest.approx(0.05, rel=0.1)


def test_a_population_has_names_and_seeds_of_its_own():
    params = SMALL.changed(wedges=2)
    members = population(params, species_of(params))
    assert [m.name for m in members] == ["cow_01", "cow_02", "pig_01", "pig_02"]
    assert len({m.seed for m in members}) == 4
