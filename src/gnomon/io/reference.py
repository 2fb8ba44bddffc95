"""Reference data from a file: merged or unmerged reflections, or an atomic model."""

from __future__ import annotations

import os
from pathlib import Path

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.io.mtz_file import read_mtz
from gnomon.io.unmerged import is_merged_mtz, read_unmerged
from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.model_structure_factors import model_intensities
from gnomon.maths.crystal.symmetry import hall_symbol, is_absent
from gnomon.maths.intensities.merging import group_equivalents
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.reference import Reference

DEFAULT_D_MIN = 2.0
"""Å: how far intensities of a model are computed when no limit is given."""

_MODELS = (".pdb", ".ent", ".cif", ".mmcif")


def read_reference(path: str | os.PathLike[str], d_min: float | None = None) -> Reference:
    """The unique intensities of a file, to ``d_min`` (Å) where given.

    Of a merged or unmerged MTZ, of XDS files, of reflections in mmCIF (amplitudes are squared); of a PDB or mmCIF model
    they are computed, with bulk solvent, to 2 Å by default. Raises InputError where there is nothing of the kind.
    """
    if not Path(path).is_file():
        raise InputError(f"cannot read {path}: no such file; check the name")
    name = str(path).lower().removesuffix(".gz")
    try:
        if name.endswith(_MODELS):
            return _limited(_from_text(path, name, d_min), d_min, path)
    except (RuntimeError, ValueError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read ({' '.join(str(error).split())}); give a whole PDB or mmCIF file"
        ) from None
    found = _from_mtz(path) if is_merged_mtz(path) else _from_unmerged(path)
    return _limited(found, d_min, path)


def _limited(found: Reference, d_min: float | None, path: str | os.PathLike[str]) -> Reference:
    """What is measured and within the limit. Raises InputError where that is nothing."""
    keep = np.isfinite(found.intensity) & ~is_absent(found.hkl, found.hall_symbol) & found.hkl.any(axis=1)
    keep &= d_spacing(found.hkl, found.cell) >= (d_min or 0)
    if not keep.any():
        raise InputError(f"{path} has no intensity to {d_min or 0:g} Å; give another reference or d_min")
    return Reference(found.hkl[keep], found.intensity[keep], found.cell, found.hall_symbol)


def _unique(hkl: np.ndarray, intensity: np.ndarray, cell: gemmi.UnitCell, group: gemmi.SpaceGroup | None) -> Reference:
    """The means of equivalents. Raises InputError without a space group or a cell."""
    if group is None or not cell.is_crystal():
        raise InputError("the reference has no cell or no space group; give a file that has both")
    good = np.isfinite(intensity)
    groups = group_equivalents(np.asarray(hkl)[good], group)
    mean = groups.mean(np.asarray(intensity, float)[good])
    return Reference(groups.hkl, mean, np.array(cell.parameters), hall_symbol(group))


_INTENSITY_TYPES, _AMPLITUDE_TYPES = ("J", "K"), ("F", "G")


def _from_mtz(path: str | os.PathLike[str]) -> Reference:
    """The first column of intensities (of means before Friedel mates), else of amplitudes, squared."""
    mtz = read_mtz(path)
    for types, power in ((_INTENSITY_TYPES, 1), (_AMPLITUDE_TYPES, 2)):
        for kind in types:
            columns = [c for c in mtz.columns if c.type == kind][: 2 if kind in "KG" else 1]
            if columns:
                values = np.concatenate([np.array(c.array, float) ** power for c in columns])
                hkl = np.tile(mtz.make_miller_array(), (len(columns), 1))
                return _unique(hkl, values, mtz.cell, mtz.spacegroup)
    raise InputError(f"{path} has neither intensities nor amplitudes ({' '.join(mtz.column_labels())}); give another")


def _from_unmerged(path: str | os.PathLike[str]) -> Reference:
    """The plain means of the observations that were not rejected."""
    data = read_unmerged(path)
    kept = np.ones(len(data), bool) if data.rejected is None else ~data.rejected
    groups = group_equivalents(data.hkl[kept], data.hall_symbol)
    return Reference(groups.hkl, groups.mean(data.intensity[kept]), data.cell, data.hall_symbol)


_TAGS = (
    ("intensity_meas", 1),
    ("F_squared_meas", 1),
    ("pdbx_I_plus", 1),
    ("F_meas_au", 2),
    ("F_meas", 2),
    ("F_calc", 2),
)


def _from_text(path: str | os.PathLike[str], name: str, d_min: float | None) -> Reference:
    """Reflections of an mmCIF that has them, else the intensities of the model."""
    if not name.endswith((".pdb", ".ent")):
        blocks = gemmi.as_refln_blocks(gemmi.cif.read(str(path)))
        for block in (b for b in blocks if b):
            tags = block.column_labels()
            tag, power = next((t for t in _TAGS if t[0] in tags), (None, 1))
            if tag is not None:
                values = np.array(block.make_float_array(tag), float) ** power
                return _unique(block.make_miller_array(), values, block.cell, block.spacegroup)
    structure = gemmi.read_structure(str(path))
    group = structure.find_spacegroup()
    if not len(structure) or group is None or not structure.cell.is_crystal():
        raise InputError(f"{path} is no model of a crystal: it needs atoms, a cell and a space group")
    limit = d_min or DEFAULT_D_MIN
    hkl = possible_indices(np.array(structure.cell.parameters), group, limit)
    return _unique(hkl, model_intensities(structure, hkl, limit), structure.cell, group)
