"""True intensities: |F|² of a model, or of a protein that never was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gemmi
import numpy as np

from gnomon.simulate.params import SimulateParams
from gnomon.step import InputError

_VOLUME_PER_ATOM = 25.0  # Å³ of asymmetric unit per non-hydrogen atom, solvent included: 45 % solvent
_ELEMENTS, _SHARES = ("C", "N", "O", "S"), (0.62, 0.17, 0.20, 0.01)


@dataclass(frozen=True)
class TrueIntensities:
    """All non-absent reflections of the sphere to d_min with their true intensities, in photons."""

    hkl: np.ndarray  # (N, 3) int
    intensity: np.ndarray  # (N,)
    cell: gemmi.UnitCell
    group: gemmi.SpaceGroup


def true_intensities(params: SimulateParams, d_min: float) -> TrueIntensities:
    """|F|² scaled to ``mean_intensity`` photons on average, of the model file or the seeded pseudo-protein."""
    structure = _read_model(params.model) if params.model else _pseudo_protein(params)
    hkl = _sphere(structure.cell, d_min)
    group = structure.find_spacegroup()
    hkl = hkl[~group.operations().systematic_absences(hkl)]
    intensity = _squared_amplitudes(structure, group, hkl, d_min)
    return TrueIntensities(hkl, intensity * (params.mean_intensity / intensity.mean()), structure.cell, group)


def _read_model(path: str) -> gemmi.Structure:
    """The structure in a PDB or mmCIF file."""
    if not Path(path).is_file():
        raise InputError(f"no model file {path}; give a PDB or mmCIF file")
    structure = gemmi.read_structure(path)
    if structure.find_spacegroup() is None or not structure.cell.is_crystal():
        raise InputError(f"{path} has no unit cell or space group; give a crystal structure")
    return structure


def _pseudo_protein(params: SimulateParams) -> gemmi.Structure:
    """Atoms strewn at protein density through the asymmetric unit, with B factors spread about ``wilson_b``."""
    group = gemmi.find_spacegroup_by_name(params.space_group)
    if group is None and params.space_group.isdigit():
        group = gemmi.find_spacegroup_by_number(int(params.space_group))
    if group is None:
        raise InputError(f"no space group {params.space_group!r}; give a symbol or a number, such as P43212 or 96")
    structure = gemmi.Structure()
    structure.cell = gemmi.UnitCell(*params.cell)
    structure.spacegroup_hm = group.xhm()
    if not structure.cell.is_compatible_with_spacegroup(group):
        raise InputError(f"cell {params.cell} does not fit space group {group.xhm()}; change one of them")
    count = max(4, round(structure.cell.volume / len(group.operations()) / _VOLUME_PER_ATOM))
    structure.add_model(_random_atoms(structure.cell, count, params))
    structure.setup_cell_images()
    return structure


def _random_atoms(cell: gemmi.UnitCell, count: int, params: SimulateParams) -> gemmi.Model:
    """One residue of ``count`` atoms anywhere in the cell: with symmetry they fill it evenly."""
    rng = np.random.default_rng([params.seed, 1])
    elements = [gemmi.Element(e) for e in rng.choice(_ELEMENTS, count, p=_SHARES)]
    b_factors = params.wilson_b * rng.gamma(16.0, 1 / 16.0, count)
    residue = gemmi.Residue()
    residue.name = "ALA"
    for element, b_factor, point in zip(elements, b_factors, rng.random((count, 3))):
        atom = gemmi.Atom()
        atom.name, atom.element, atom.b_iso, atom.occ = element.name, element, float(b_factor), 1.0
        atom.pos = cell.orthogonalize(gemmi.Fractional(*point))
        residue.add_atom(atom)
    chain = gemmi.Chain("A")
    chain.add_residue(residue)
    model = gemmi.Model(1)
    model.add_chain(chain)
    return model


def _sphere(cell: gemmi.UnitCell, d_min: float) -> np.ndarray:
    """(N, 3) every index with spacing of at least ``d_min``, without 0 0 0."""
    limits = [int(np.floor(length / d_min)) for length in (cell.a, cell.b, cell.c)]
    grid = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in limits), indexing="ij"), -1).reshape(-1, 3)
    grid = np.ascontiguousarray(grid[(grid != 0).any(axis=1)], dtype=np.int32)
    return grid[cell.calculate_1_d2_array(grid) <= 1 / d_min**2]


def _squared_amplitudes(
    structure: gemmi.Structure, group: gemmi.SpaceGroup, hkl: np.ndarray, d_min: float
) -> np.ndarray:
    """(N,) |F|² by Fourier transform of the atoms' electron density (Ten Eyck 1977, Acta A33, 486)."""
    calculator = gemmi.DensityCalculatorX()
    calculator.d_min = d_min
    calculator.rate = 1.6
    calculator.grid.setup_from(structure)
    calculator.set_refmac_compatible_blur(structure[0])
    calculator.put_model_density_on_grid(structure[0])
    transform = np.asarray(gemmi.transform_map_to_f_phi(calculator.grid, half_l=False).array)
    amplitude = np.abs(transform[hkl[:, 0], hkl[:, 1], hkl[:, 2]])
    sharpen = np.exp(calculator.blur * structure.cell.calculate_1_d2_array(hkl) / 4)
    return (amplitude * sharpen) ** 2
