"""Species of one pseudo-protein, and crystals of a species: how structures differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import gemmi
import numpy as np

from gnomon.simulate.pseudo_protein import Atoms, pseudo_protein, random_elements, space_group_of, structure_of
from gnomon.simulate.species_params import CrystalsParams
from gnomon.simulate.structure_factors import sphere, squared_amplitudes

CC_RESOLUTION = 2.0
"""To where species are compared, Å: so they are the same whatever detector sees them."""
_SHIFT = 0.15  # Å r.m.s. between a species and the common ancestor, at a difference of one
_SIDE_CHAINS, _SIDE_CHAIN = 6.0, 6  # exchanged at a difference of one, and atoms of each
_CYCLES, _DAMPING = 15, 0.75
_CLOSE_ENOUGH = 0.03  # of 1 - CC, relative


@dataclass(frozen=True)
class Species:
    """A name, a cell and the atoms of its asymmetric unit."""

    name: str
    cell: gemmi.UnitCell
    atoms: Atoms


def species_of(params: CrystalsParams) -> list[Species]:
    """The species, so different that their true intensities correlate by ``species_cc`` in the mean over pairs.

    1 - CC grows with the difference (a mean square shift, a number of side chains), in proportion or, while one side
    chain is exchanged in part, as its square: steps of a damped ratio converge for both.
    """
    ancestor, wanted, difference = pseudo_protein(params), 1 - params.species_cc, 1.0
    if len(params.species) == 1:
        return _descendants(params, ancestor, 0.0)
    hkl = unique_indices(params, CC_RESOLUTION)
    for _ in range(_CYCLES):
        descendants = _descendants(params, ancestor, difference)
        found = 1 - mean_cc(species_intensities(params, descendants, hkl, CC_RESOLUTION))
        if abs(found - wanted) < _CLOSE_ENOUGH * wanted:
            break
        difference *= (wanted / found) ** _DAMPING
    return descendants


def _descendants(params: CrystalsParams, ancestor: Atoms, difference: float) -> list[Species]:
    """The species at a ``difference``, their cells evenly over the range asked for, in random order."""
    n = len(params.species)
    step = np.random.default_rng([params.seed, 8]).permutation(n) / max(n - 1, 1) - 0.5 * (n > 1)
    return [
        Species(
            name,
            stretched(params.cell, 0.01 * params.species_cell * step[i]),
            _mutated(ancestor, params, i, difference),
        )
        for i, name in enumerate(params.species)
    ]


def stretched(cell: tuple[float, ...], by: float) -> gemmi.UnitCell:
    """The cell with its lengths grown by the fraction ``by``."""
    return gemmi.UnitCell(*(np.array(cell) * np.repeat([1 + by, 1.0], 3)))


def _mutated(ancestor: Atoms, params: CrystalsParams, number: int, difference: float) -> Atoms:
    """All atoms shifted a little, and some side chains exchanged for others elsewhere.

    The last of these is exchanged in part: both conformers are there, with occupancies that add up to one.
    """
    rng = np.random.default_rng([params.seed, 9, number])
    n = len(ancestor)
    shifted = _shaken(ancestor, params.cell, _SHIFT * np.sqrt(difference), rng)
    exchanged = np.empty(n)
    exchanged[rng.permutation(n)] = np.clip(difference * _SIDE_CHAINS - np.arange(n) // _SIDE_CHAIN, 0, 1)
    elements, places = random_elements(n, rng), rng.random((n, 3))
    left, new = exchanged < 1, exchanged > 0
    return Atoms(
        np.concatenate([shifted.element[left], elements[new]]),
        np.concatenate([shifted.fractional[left], places[new]]),
        np.concatenate([shifted.b[left], shifted.b[new]]),
        np.concatenate([1 - exchanged[left], exchanged[new]]),
    )


def _shaken(atoms: Atoms, cell: tuple[float, ...], shift: float, rng: np.random.Generator) -> Atoms:
    """Atoms moved at random by ``shift`` Å r.m.s. (in an orthogonal frame along the cell's axes)."""
    moves = rng.normal(scale=shift / np.sqrt(3), size=atoms.fractional.shape) / np.array(cell[:3])
    return replace(atoms, fractional=atoms.fractional + moves)


def crystal_of(species: Species, params: CrystalsParams, seed: int) -> Species:
    """A crystal of the species: its own cell, shifts of atoms and B factor."""
    rng = np.random.default_rng([seed, 10])
    by, b = 0.01 * params.crystal_cell * rng.normal(), params.crystal_b * rng.normal()
    atoms = _shaken(species.atoms, params.cell, params.crystal_shift, rng)
    atoms = replace(atoms, b=np.maximum(atoms.b + b, 1.0))
    return Species(species.name, stretched(species.cell.parameters, by), atoms)


def intensities_of(crystal: Species, params: CrystalsParams, hkl: np.ndarray, d_min: float) -> np.ndarray:
    """(N,) |F|² of the indices ``hkl`` (N, 3), in electrons squared; they may reach to ``d_min`` Å."""
    return squared_amplitudes(structure_of(crystal.atoms, crystal.cell, space_group_of(params)), hkl, d_min)


def unique_indices(params: CrystalsParams, d_min: float) -> np.ndarray:
    """(M, 3) of the asymmetric unit, Friedel mates as one."""
    group = space_group_of(params)
    unit = gemmi.ReciprocalAsu(group)
    hkl = sphere(gemmi.UnitCell(*params.cell), group, d_min)
    return hkl[np.array([unit.is_in(h) for h in hkl.tolist()])]


def species_intensities(params: CrystalsParams, species: list[Species], hkl: np.ndarray, d_min: float) -> np.ndarray:
    """(species, M) |F|² of the indices ``hkl`` (M, 3)."""
    return np.array([intensities_of(s, params, hkl, d_min) for s in species])


def mean_cc(intensities: np.ndarray) -> float:
    """The mean correlation over pairs of rows; one where there is a single row."""
    cc = np.corrcoef(intensities)
    pairs = list(combinations(range(len(intensities)), 2))
    return float(np.mean([cc[pair] for pair in pairs])) if pairs else 1.0
