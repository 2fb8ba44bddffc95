"""True intensities: |F|² of a model, or of a protein that never was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.model_structure_factors import atom_structure_factors
from gnomon.maths.laue_group.absences import candidates
from gnomon.simulate.params import SimulateParams
from gnomon.simulate.pseudo_protein import pseudo_protein, space_group_of, structure_of
from gnomon.simulate.twin import twinned


@dataclass(frozen=True)
class TrueIntensities:
    """All non-absent reflections of the sphere to d_min with their true intensities, in photons."""

    hkl: np.ndarray  # (N, 3) int
    intensity: np.ndarray  # (N,)
    cell: gemmi.UnitCell
    group: gemmi.SpaceGroup


def true_intensities(params: SimulateParams, d_min: float) -> TrueIntensities:
    """|F|² scaled to ``mean_intensity`` photons on average, of the model file or the seeded pseudo-protein."""
    structure = _read_model(params.model) if params.model else _made_up(params)
    group = structure.find_spacegroup()
    hkl = sphere(structure.cell, group, d_min)
    intensity = twinned(params, hkl, squared_amplitudes(structure, hkl, d_min))
    return TrueIntensities(hkl, intensity * (params.mean_intensity / intensity.mean()), structure.cell, group)


def _made_up(params: SimulateParams) -> gemmi.Structure:
    """The crystal of the seeded pseudo-protein."""
    group = space_group_of(params)
    return structure_of(pseudo_protein(params), gemmi.UnitCell(*params.cell), group)


def _read_model(path: str) -> gemmi.Structure:
    """The structure in a PDB or mmCIF file."""
    if not Path(path).is_file():
        raise InputError(f"no model file {path}; give a PDB or mmCIF file")
    structure = gemmi.read_structure(path)
    if structure.find_spacegroup() is None or not structure.cell.is_crystal():
        raise InputError(f"{path} has no unit cell or space group; give a crystal structure")
    return structure


def sphere(cell: gemmi.UnitCell, group: gemmi.SpaceGroup, d_min: float) -> np.ndarray:
    """(N, 3) every index with spacing of at least ``d_min``, without 0 0 0 and those the group extinguishes."""
    limits = [int(np.floor(length / d_min)) for length in (cell.a, cell.b, cell.c)]
    grid: np.ndarray = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in limits), indexing="ij"), -1).reshape(-1, 3)
    grid = np.ascontiguousarray(grid[(grid != 0).any(axis=1)], dtype=np.int32)
    grid = grid[cell.calculate_1_d2_array(grid) <= 1 / d_min**2]
    return grid[~group.operations().systematic_absences(grid)]


def with_screw_absences(crystal: TrueIntensities, d_min: float) -> TrueIntensities:
    """And those that screw axes extinguish, at zero: a program that does not know the group measures them too."""
    lattice = candidates(crystal.group, not crystal.group.is_sohncke())[0]
    hkl = sphere(crystal.cell, lattice, d_min)
    gone = hkl[crystal.group.operations().systematic_absences(hkl)]
    intensity = np.concatenate([crystal.intensity, np.zeros(len(gone))])
    return replace(crystal, hkl=np.concatenate([crystal.hkl, gone]), intensity=intensity)


def squared_amplitudes(structure: gemmi.Structure, hkl: np.ndarray, d_min: float) -> np.ndarray:
    """(N,) |F|² of the atoms, without solvent."""
    squared: np.ndarray = np.abs(atom_structure_factors(structure, hkl, d_min)) ** 2
    return squared
