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


@pytest.mark.parametrize("cc", [0.9, 0.94, 0.98])
def test_species_correlate_as_asked(cc):
    params = CrystalsParams(species=("cow", "pig"), species_cc=cc)
    species = species_of(params)
    hkl = unique_indices(params, CC_RESOLUTION)
    assert 1 - mean_cc(species_intensities(params, species, hkl, CC_RESOLUTION)) == pytest.approx(1 - cc, rel=0.05)
    assert abs(species[0].cell.a / species[1].cell.a - 1) == pytest.approx(0.002, rel=0.01)


def test_pairs_of_three_species_are_about_equally_far_apart():
    params = CrystalsParams()
    hkl = unique_indices(params, CC_RESOLUTION)
    cc = np.corrcoef(species_intensities(params, species_of(params), hkl, CC_RESOLUTION))
    assert ((cc > 0.90) & (cc < 0.97) | np.eye(3, dtype=bool)).all()


def test_crystals_of_a_species_differ_less_than_species_do():
    params = CrystalsParams(species=("cow",))
    (cow,) = species_of(params)
    crystals = [crystal_of(cow, params, seed) for seed in range(3)]
    hkl = unique_indices(params, CC_RESOLUTION)
    assert 0.995 < mean_cc(species_intensities(params, crystals, hkl, CC_RESOLUTION)) < 0.99999
    moved = (crystals[0].atoms.fractional - cow.atoms.fractional) * 77.8
    assert np.sqrt((moved**2).sum(axis=1).mean()) == pytest.approx(0.05, rel=0.05)


def test_a_population_has_names_and_seeds_of_its_own():
    params = CrystalsParams(species=("cow", "pig"), wedges=2)
    members = population(params, species_of(params))
    assert [m.name for m in members] == ["cow_01", "cow_02", "pig_01", "pig_02"]
    assert len({m.seed for m in members}) == 4
