"""A crystal in readable text."""

from __future__ import annotations

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.cell_uncertainty import cell_sd
from gnomon.maths.crystal.symmetry import space_group
from gnomon.models.crystal import Crystal
from gnomon.report.numbers import matrix_lines, with_sd


def crystal_lines(crystal: Crystal) -> list[str]:
    """Cell with uncertainties, space group, U, B and A, and how it varies."""
    sd = cell_sd(crystal)
    uncertainties = [None] * 6 if sd is None else sd
    cell = ", ".join(_length_or_angle(v, s) for v, s in zip(crystal.cell, uncertainties))
    lines = [f"Unit cell: {cell}", f"Space group: {group_name(crystal.hall_symbol)}"]
    b = np.array(gemmi.UnitCell(*crystal.cell).frac.mat.tolist()).T  # c* along z, as DIALS splits A
    lines += matrix_lines("U matrix:  ", crystal.A @ np.linalg.inv(b))
    lines += matrix_lines("B matrix:  ", b)
    lines += matrix_lines("A = UB:    ", crystal.A)
    if crystal.A_at_scan_points is not None:
        lines.append(f"A sampled at {len(crystal.A_at_scan_points)} scan points")
    if crystal.mosaicity:
        lines.append(f"Mosaicity: {crystal.mosaicity:.6f}")
    return lines


def _length_or_angle(value: float, sd: float | None) -> str:
    """The value with its uncertainty; 90.0 where symmetry fixes it, as DIALS prints it."""
    text = with_sd(value, sd)
    return f"{text}.0" if text.isdecimal() else text


def group_name(hall: str) -> str:
    """The name of a space group; its Hall symbol for a setting in no table."""
    try:
        return space_group(hall).xhm()
    except InputError:
        return f"Hall: {hall.strip()}"
