"""The crystals that are measured: some of each species, and some that spoil the lot."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.simulate.species import Species, crystal_of, stretched
from gnomon.simulate.species_params import CrystalsParams, WedgesParams

NOISE = -1
"""The species of a data set that is none."""
_BLANK = 0.002  # diffracting volume of a blank
_STRANGE = 0.02  # by which a stranger's cell is longer
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
    """Blanks and crystals of another cell, both of the first species, and noise."""
    first = species[0]
    strange = replace(first, cell=stretched(first.cell.parameters, _STRANGE))
    blanks = [_member(params, 0, first, f"blank_{n:02d}", 1000 + n) for n in range(1, params.blanks + 1)]
    strangers = [_member(params, 0, strange, f"stranger_{n:02d}", 2000 + n) for n in range(1, params.strangers + 1)]
    noise = [_member(params, 0, first, f"noise_{n:02d}", 3000 + n) for n in range(1, params.noise + 1)]
    return [
        *(replace(m, scale=m.scale * _BLANK) for m in blanks),
        *strangers,
        *(replace(m, species=NOISE) for m in noise),
    ]


def _member(params: CrystalsParams, number: int, species: Species, name: str, which: int) -> Member:
    seed = int(np.random.SeedSequence([params.seed, number, which]).generate_state(1)[0])
    scale = float(np.exp(params.crystal_scale * np.random.default_rng([seed, 13]).normal()))
    return Member(name, number, crystal_of(species, params, seed), scale, seed)
