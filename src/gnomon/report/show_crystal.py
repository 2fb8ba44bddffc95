"""A crystal in readable text."""

from __future__ import annotations

from gnomon.errors import InputError
from gnomon.maths.crystal.cell_uncertainty import cell_sd
from gnomon.maths.crystal.symmetry import space_group
from gnomon.models.crystal import Crystal
from gnomon.report.numbers import vector, with_sd


def crystal_lines(crystal: Crystal) -> list[str]:
    """Cell with uncertainties, space group, A, and how it varies."""
    sd = cell_sd(crystal)
    uncertainties = [None] * 6 if sd is None else sd
    cell = ", ".join(with_sd(v, s) for v, s in zip(crystal.cell, uncertainties))
    lines = [f"unit cell: {cell}", f"space group: {group_name(crystal.hall_symbol)}"]
    lines += [f"{'A:' if i == 0 else '  '} {vector(row, 5)}" for i, row in enumerate(crystal.A)]
    if crystal.A_at_scan_points is not None:
        lines.append(f"A at {len(crystal.A_at_scan_points)} scan points")
    if crystal.mosaicity:
        lines.append(f"mosaicity: {crystal.mosaicity:.4f}°")
    return lines


def group_name(hall: str) -> str:
    """The name of a space group; its Hall symbol for a setting in no table."""
    try:
        return space_group(hall).xhm()
    except InputError:
        return f"Hall: {hall.strip()}"
