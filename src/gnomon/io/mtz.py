"""MTZ files: merged data, unmerged data, and the free set of an earlier file."""

from __future__ import annotations

import os
from pathlib import Path

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.io.atomic import write_whole
from gnomon.io.mtz_batches import add_batches
from gnomon.io.mtz_file import read_mtz
from gnomon.maths.crystal.symmetry import hall_symbol, space_group, to_asu
from gnomon.maths.data_sets.data_set import median_cell, obeying_cell
from gnomon.models.free_set import FreeSet, free_label, in_a_known_convention
from gnomon.models.merged import Measured, MergedData
from gnomon.models.names import MtzNames
from gnomon.models.unmerged import UnmergedData

Columns = list[tuple[str, str, np.ndarray]]
"""Label, MTZ type, values."""


def write_merged_mtz(path: str | os.PathLike[str], merged: MergedData) -> None:
    """Write the merged data; missing values are MTZ's missing numbers."""
    write_whole(path, merged_mtz(merged).write_to_bytes())


def write_unmerged_mtz(path: str | os.PathLike[str], unmerged: UnmergedData) -> None:
    """Write the observations, sorted, with a batch header for each image."""
    write_whole(path, unmerged_mtz(unmerged).write_to_bytes())


def merged_mtz(merged: MergedData) -> gemmi.Mtz:
    """Indices, IMEAN, I(+), I(-), amplitudes, anomalous differences, counts and FreeR_flag as far as there are any."""
    columns: Columns = [(name, "H", merged.hkl[:, i]) for i, name in enumerate("HKL")]
    if merged.free is not None:
        columns.append((free_label(merged.free), "I", merged.free))
    mean = merged.mean
    columns += [("IMEAN", "J", mean.intensity), ("SIGIMEAN", "Q", mean.sigma), ("N", "I", mean.count)]
    if merged.plus is not None and merged.minus is not None:
        columns += _friedel(merged.plus, merged.minus)
    if mean.amplitude is not None and mean.amplitude_sigma is not None:
        columns += [("F", "F", mean.amplitude), ("SIGF", "Q", mean.amplitude_sigma)]
        if merged.plus is not None and merged.minus is not None:
            columns += _friedel_amplitudes(merged.plus, merged.minus)
    order = np.lexsort(merged.hkl.T[::-1])
    found = [(n, t, v[order]) for n, t, v in columns]
    mtz = _new(merged.cell, merged.hall_symbol, merged.wavelength, found, merged.names)
    mtz.sort_order = [1, 2, 3, 0, 0]
    return mtz


def _friedel(plus: Measured, minus: Measured) -> Columns:
    return [
        ("I(+)", "K", plus.intensity),
        ("SIGI(+)", "M", plus.sigma),
        ("I(-)", "K", minus.intensity),
        ("SIGI(-)", "M", minus.sigma),
        ("N(+)", "I", plus.count),
        ("N(-)", "I", minus.count),
    ]


def _friedel_amplitudes(plus: Measured, minus: Measured) -> Columns:
    """F(+), F(-) and their difference, where both are known."""
    if plus.amplitude is None or minus.amplitude is None:
        return []
    assert plus.amplitude_sigma is not None
    assert minus.amplitude_sigma is not None
    return [
        ("F(+)", "G", plus.amplitude),
        ("SIGF(+)", "L", plus.amplitude_sigma),
        ("F(-)", "G", minus.amplitude),
        ("SIGF(-)", "L", minus.amplitude_sigma),
        ("DANO", "D", plus.amplitude - minus.amplitude),
        ("SIGDANO", "Q", np.hypot(plus.amplitude_sigma, minus.amplitude_sigma)),
    ]


_PLAIN = (
    ("SCALEUSED", "R", "scale"),
    ("SIGSCALEUSED", "R", "scale_sigma"),
    ("BG", "R", "background"),
    ("SIGBG", "R", "background_sigma"),
    ("FRACTIONCALC", "R", "partiality"),
    ("LP", "R", "lp"),
    ("QE", "R", "qe"),
)
"""Label, type, field of UnmergedData."""


def unmerged_mtz(unmerged: UnmergedData, in_asu: bool = True) -> gemmi.Mtz:
    """Observations sorted by index, isym and batch: in the asymmetric unit with M/ISYM, or by original index."""
    asu, isym = to_asu(unmerged.hkl, space_group(unmerged.hall_symbol))
    if not in_asu:
        asu, isym = unmerged.hkl, np.ones(len(unmerged), np.int32)
    batch = unmerged.batches()
    columns: Columns = [(name, "H", asu[:, i]) for i, name in enumerate("HKL")]
    columns += [("M/ISYM", "Y", isym), ("BATCH", "B", batch)]
    columns += [("I", "J", unmerged.intensity), ("SIGI", "Q", unmerged.sigma)]
    if unmerged.profile is not None and unmerged.profile_sigma is not None:
        columns += [("IPR", "J", unmerged.profile), ("SIGIPR", "Q", unmerged.profile_sigma)]
    columns += [("XDET", "R", unmerged.xyz[:, 0]), ("YDET", "R", unmerged.xyz[:, 1]), ("ROT", "R", unmerged.phi)]
    found = ((label, kind, getattr(unmerged, field)) for label, kind, field in _PLAIN)
    columns += [(label, kind, values) for label, kind, values in found if values is not None]
    order = np.lexsort((batch, isym, *asu.T[::-1]))
    sorted_columns = [(n, t, v[order]) for n, t, v in columns]
    mtz = _new(unmerged.cell, unmerged.hall_symbol, unmerged.wavelength, sorted_columns, unmerged.names)
    mtz.sort_order = [1, 2, 3, 4, 5]
    _add_wavelengths(mtz, unmerged)
    add_batches(mtz, unmerged)
    return mtz


def _add_wavelengths(mtz: gemmi.Mtz, unmerged: UnmergedData) -> None:
    """Make the file's data set that of the first of several wavelengths, and add one for each of the others."""
    for i, wavelength in enumerate(unmerged.wavelengths):
        found = mtz.datasets[-1] if i == 0 else mtz.add_dataset("")
        members = (e for e, which in zip(unmerged.experiments, unmerged.wavelength_of) if which == i)
        cell = obeying_cell(median_cell(members), unmerged.hall_symbol)
        found.crystal_name, found.dataset_name, found.wavelength = unmerged.names.crystal, f"WAVE{i + 1}", wavelength
        if unmerged.names.project != MtzNames().project:
            found.project_name = unmerged.names.project
        found.cell = gemmi.UnitCell(*cell)


def _new(cell: np.ndarray, hall_symbol: str, wavelength: float, columns: Columns, names: MtzNames) -> gemmi.Mtz:
    mtz = gemmi.Mtz(with_base=False)
    mtz.title = "gnomon"
    mtz.spacegroup = space_group(hall_symbol)
    mtz.add_dataset("HKL_base")
    data_set = mtz.add_dataset(names.project)  # which is what all its names are until others are given
    data_set.crystal_name, data_set.dataset_name, data_set.wavelength = names.crystal, names.dataset, wavelength
    mtz.set_cell_for_all(gemmi.UnitCell(*cell))
    for label, kind, _ in columns:
        mtz.add_column(label, kind, dataset_id=0 if kind == "H" else data_set.id, expand_data=False)
    mtz.set_data(np.column_stack([values for _, _, values in columns]).astype(np.float32))
    mtz.history = ["From gnomon"]
    return mtz


def read_free_set(path: str | os.PathLike[str]) -> FreeSet:
    """The R-free flags of an MTZ file, with its cell, its space group and its intensities (amplitudes squared).

    Raises InputError where the file cannot be read, or has no flags, one flag for all, no cell or no space group.
    """
    if not Path(path).is_file():
        raise InputError(f"cannot read {path}: no such file; check the name")
    mtz = read_mtz(path)
    column = mtz.rfree_column() or next((c for c in mtz.columns if c.type == "I" and "free" in c.label.lower()), None)
    if column is None:
        raise InputError(f"{path} has no free-set column ({', '.join(mtz.column_labels())}); give one with FreeR_flag")
    if mtz.spacegroup is None or not mtz.cell.is_crystal():
        raise InputError(f"{path} has no cell or no space group, without which its free set cannot be brought over")
    there = np.isfinite(column.array)
    flag = column.array[there].astype(np.int32)
    if len(np.unique(flag)) < 2:
        raise InputError(f"{path} has the same {column.label} for all {len(flag)} reflections: no free set")
    return FreeSet(
        mtz.make_miller_array()[there],
        in_a_known_convention(flag),
        np.array(mtz.cell.parameters),
        hall_symbol(mtz.spacegroup),
        _intensities(mtz, there),
        str(path),
    )


def _intensities(mtz: gemmi.Mtz, rows: np.ndarray) -> np.ndarray | None:
    """(M,) of the chosen rows: the first column of mean intensities, or of amplitudes, squared; None without."""
    for kind, power in (("J", 1), ("F", 2)):
        for column in (c for c in mtz.columns if c.type == kind):
            return np.array(column.array, float)[rows] ** power
    return None
