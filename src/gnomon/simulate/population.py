"""The crystals that are measured: some of each species, and some that spoil the lot."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.simulate.pseudo_protein import pseudo_protein
from gnomon.simulate.species import Species, crystal_of, stretched
from gnomon.simulate.species_params import CrystalsParams, WedgesParams

NOISE = -1
"""The species of a data set that is of none."""
_BLANK = 0.002  # diffracting volume of a blank
_STRANGE = 0.02  # by which a stranger's cell is longer
_OTHER_SEED = 7919  # added to the seed for atoms that have nothing to do with the species'
_OFFSETS = ((0, 0, 1), (1, 0, 0), (0, 1, 0), (0, 0, -1), (-1, 0, 0), (0, -1, 0))
LONGEST = 0.03
"""By which no crystal's cell is longer than asked for, relative."""


@dataclass(frozen=True)
class Member:
    """A crystal: its name (of data sets and files), its species, its own structure and volume, its own seed."""

    name: str
    species: int  # or NOISE
    crystal: Species
    scale: float
    seed: int
    random: bool = False  # intensities that are no crystal's
    offset: tuple[int, int, int] = (0, 0, 0)  # by which it is misindexed
    flaw: str = ""  # what is wrong with its wedge, as CrystalsParams.flaws says; of none empty


def population(params: CrystalsParams, species: list[Species]) -> list[Member]:
    """``wedges`` crystals of each species in turn, cow_01, cow_02, ..., pig_01, ...; then those with flaws."""
    good = [
        _member(params, i, one, f"{one.name}_{number:02d}", number)
        for i, one in enumerate(species)
        for number in range(1, params.wedges + 1)
    ]
    return [*good, *_flawed(params, species)]


def _flawed(params: CrystalsParams, species: list[Species]) -> list[Member]:
    """A crystal for each of the flaws, of the species in turn: leaves_01, ice_02, ..."""
    found = []
    for k, flaw in enumerate(params.flaws):
        i = k % len(species)
        found.append(replace(_member(params, i, species[i], f"{flaw}_{k + 1:02d}", 4000 + k), flaw=flaw))
    return found


def spoilers(params: WedgesParams, species: list[Species]) -> list[Member]:
    """Blanks, crystals of another cell and misindexed ones, of the first species; another protein; and noise."""
    first = species[0]
    strange = replace(first, cell=stretched(first.cell.parameters, _STRANGE))
    other = replace(first, atoms=pseudo_protein(params.changed(seed=params.seed + _OTHER_SEED)))
    blanks = _several(params, first, "blank", params.blanks, 1000)
    noise = _several(params, first, "noise", params.noise, 3000)
    others = _several(params, other, "other", params.others, 4000)
    misindexed = _several(params, first, "misindexed", params.misindexed, 5000)
    return [
        *(replace(m, scale=m.scale * _BLANK) for m in blanks),
        *_several(params, strange, "stranger", params.strangers, 2000),
        *(replace(m, species=NOISE, random=True) for m in noise),
        *(replace(m, species=NOISE) for m in others),
        *(replace(m, offset=_OFFSETS[n % len(_OFFSETS)]) for n, m in enumerate(misindexed)),
    ]


def _several(params: WedgesParams, crystal: Species, name: str, n: int, first: int) -> list[Member]:
    return [_member(params, 0, crystal, f"{name}_{k:02d}", first + k) for k in range(1, n + 1)]


def _member(params: CrystalsParams, number: int, species: Species, name: str, which: int) -> Member:
    seed = int(np.random.SeedSequence([params.seed, number, which]).generate_state(1)[0])
    scale = float(np.exp(params.crystal_scale * np.random.default_rng([seed, 13]).normal()))
    return Member(name, number, crystal_of(species, params, seed), scale, seed)
