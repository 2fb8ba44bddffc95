"""A protein that never was: atoms strewn at protein density through the asymmetric unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.simulate.params import SweepParams

_VOLUME_PER_ATOM = 25.0  # Å³ of asymmetric unit per non-hydrogen atom, solvent included: 45 % solvent
_ELEMENTS, _SHARES = ("C", "N", "O", "S"), (0.62, 0.17, 0.20, 0.01)


@dataclass(frozen=True)
class Atoms:
    """The atoms of an asymmetric unit."""

    element: np.ndarray  # (N,) symbols
    fractional: np.ndarray  # (N, 3)
    b: np.ndarray  # (N,) Å²
    occupancy: np.ndarray  # (N,)

    def __len__(self) -> int:
        return len(self.element)


def space_group_of(params: SweepParams) -> gemmi.SpaceGroup:
    """The space group asked for; InputError where there is none of that name, or the cell does not fit it."""
    group = gemmi.find_spacegroup_by_name(params.space_group)
    if group is None and params.space_group.isdigit():
        group = gemmi.find_spacegroup_by_number(int(params.space_group))
    if group is None:
        raise InputError(f"no space group {params.space_group!r}; give a symbol or a number, such as P43212 or 96")
    if not gemmi.UnitCell(*params.cell).is_compatible_with_spacegroup(group):
        raise InputError(f"cell {params.cell} does not fit space group {group.xhm()}; change one of them")
    return group


def pseudo_protein(params: SweepParams) -> Atoms:
    """Atoms anywhere in the cell (with symmetry they fill it evenly), B factors spread about ``wilson_b``."""
    volume = gemmi.UnitCell(*params.cell).volume / len(space_group_of(params).operations())
    count = max(4, round(volume / _VOLUME_PER_ATOM))
    rng = np.random.default_rng([params.seed, 1])
    elements = random_elements(count, rng)
    b = params.wilson_b * rng.gamma(16.0, 1 / 16.0, count)
    atoms = Atoms(elements, rng.random((count, 3)), b, np.ones(count))
    return with_ncs(atoms, params, rng) if params.ncs else atoms


def with_ncs(atoms: Atoms, params: SweepParams, rng: np.random.Generator) -> Atoms:
    """Half of the atoms, and these moved by ``ncs`` and then each at random by ``ncs_shift`` Å r.m.s."""
    rotation, translation = _read_operation(str(params.ncs))
    half = len(atoms) // 2
    images = atoms.fractional[:half] @ rotation.T + translation
    images += rng.normal(scale=params.ncs_shift / np.sqrt(3), size=images.shape) / np.array(params.cell[:3])
    return Atoms(
        np.tile(atoms.element[:half], 2),
        np.concatenate([atoms.fractional[:half], images]),
        np.tile(atoms.b[:half], 2),
        np.ones(2 * half),
    )


def _read_operation(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Rotation (3, 3) and translation (3,) of "x,-y,z+1/2" or "x+0.31,y,z"; InputError where it cannot be read."""
    number = re.compile(r"[+-]?\d*\.?\d+(/\d+)?")
    try:
        move = [float(sum(Fraction(n.group()) for n in number.finditer(part))) for part in text.split(",")]
        turn = gemmi.Op(number.sub("", text))
    except (RuntimeError, ValueError) as error:
        raise InputError(f"ncs {text!r} cannot be read; write it like x,y,z+1/2") from error
    return np.array(turn.rot) / turn.DEN, np.array(move)


def random_elements(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count,) element symbols, as frequent as in proteins."""
    return rng.choice(_ELEMENTS, count, p=_SHARES)


def structure_of(atoms: Atoms, cell: gemmi.UnitCell, group: gemmi.SpaceGroup) -> gemmi.Structure:
    """A crystal of the atoms, as one residue."""
    residue = gemmi.Residue()
    residue.name = "ALA"
    elements = {symbol: gemmi.Element(symbol) for symbol in _ELEMENTS}
    for symbol, point, b, occupancy in zip(atoms.element, atoms.fractional, atoms.b, atoms.occupancy):
        atom = gemmi.Atom()
        atom.name, atom.element, atom.b_iso, atom.occ = str(symbol), elements[symbol], float(b), float(occupancy)
        atom.pos = cell.orthogonalize(gemmi.Fractional(*point))
        residue.add_atom(atom)
    chain, model, structure = gemmi.Chain("A"), gemmi.Model(1), gemmi.Structure()
    chain.add_residue(residue)
    model.add_chain(chain)
    structure.cell, structure.spacegroup_hm = cell, group.xhm()
    structure.add_model(model)
    structure.setup_cell_images()
    return structure
