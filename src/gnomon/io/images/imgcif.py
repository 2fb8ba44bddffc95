"""The imgCIF categories of a CBF header: tables of values, and axes that carry each other.

Bernstein & Hammersley, and Hammersley et al., in International Tables for Crystallography G (2006), chapters 2.3, 3.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.models.goniometer import rotation_about


@dataclass(frozen=True)
class Axis:
    """One axis of the imgCIF axis table with its setting in this image (degrees or mm)."""

    type: str
    equipment: str
    depends_on: str
    vector: np.ndarray
    offset: np.ndarray
    setting: float = 0.0
    increment: float = 0.0

    def motion(self, setting: float) -> np.ndarray:
        """(4, 4): from the frame this axis carries to the one it depends on."""
        move = np.eye(4)
        move[:3, 3] = self.offset
        if self.type == "rotation":
            move[:3, :3] = rotation_about(self.vector, np.deg2rad(setting))
        elif self.type == "translation":
            move[:3, 3] += setting * self.vector / np.linalg.norm(self.vector)
        return move


@dataclass(frozen=True)
class Tables:
    """The imgCIF categories of one image."""

    path: str
    block: gemmi.cif.Block

    def rows(self, category: str, *items: str) -> list[list[str]]:
        """The values of ``items`` row by row, unquoted; no rows without the first item, empty strings for others."""
        tags = [items[0], *(f"?{item}" for item in items[1:])]
        table = self.block.find(f"_{category}.", tags)
        width = range(len(items))
        return [[gemmi.cif.as_string(row[i]) if row.has(i) else "" for i in width] for row in table]

    def first(self, category: str, item: str) -> str:
        """The first value of an item; nothing where there is none."""
        rows = self.rows(category, item)
        return rows[0][0] if rows else ""


def number(text: str, default: float = 0.0) -> float:
    """A CIF number without its uncertainty; ``default`` for ``.``, ``?`` and nothing."""
    value = gemmi.cif.as_number(text or ".")
    return default if np.isnan(value) else value


def axes_of(tables: Tables) -> dict[str, Axis]:
    """The axis table, each axis with its setting: of the frame where told, else of the scan's start."""
    vector = tuple(f"vector[{i}]" for i in (1, 2, 3))
    offset = tuple(f"offset[{i}]" for i in (1, 2, 3))
    axes = {
        name: Axis(
            kind,
            equipment,
            parent,
            np.array([number(v) for v in values[:3]]),
            np.array([number(v) for v in values[3:]]),
        )
        for name, kind, equipment, parent, *values in tables.rows(
            "axis", "id", "type", "equipment", "depends_on", *vector, *offset
        )
    }
    for name, angle, step, shift in tables.rows(
        "diffrn_scan_axis", "axis_id", "angle_start", "angle_increment", "displacement_start"
    ):
        axes[name] = _set(axes[name], angle, shift, step)
    for name, angle, shift in tables.rows("diffrn_scan_frame_axis", "axis_id", "angle", "displacement"):
        axes[name] = _set(axes[name], angle, shift)
    return axes


def _set(axis: Axis, angle: str, shift: str, step: str | None = None) -> Axis:
    setting = number(angle) if axis.type == "rotation" else number(shift)
    return replace(axis, setting=setting, increment=axis.increment if step is None else number(step))


def chain(axes: Mapping[str, Axis], name: str, path: str) -> list[str]:
    """The axis and all that it depends on, nearest the crystal or pixel first."""
    names: list[str] = []
    while name not in ("", ".", "?"):
        if name not in axes or name in names:
            raise InputError(
                f"{path}: the CBF axis {name} is not in the axis table or depends on itself; mend the header"
            )
        names.append(name)
        name = axes[name].depends_on
    return names
