"""NXtransformations: axes that carry each other, each named by the ``depends_on`` of the one it carries.

Könnecke et al. (2015), J. Appl. Cryst. 48, 301; Bernstein et al. (2020), IUCrJ 7, 784.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import h5py
import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.hdf5.fields import first_of, millimetres, numbers, text
from gnomon.models.goniometer import rotation_about

IMGCIF = np.array([-1.0, 1.0, -1.0])
"""From the frame of NeXus (McStas: z along the beam, y up) to ours (imgCIF: z to the source): a half turn about y."""


@dataclass(frozen=True)
class Axis:
    """One transformation, in the frame of NeXus: mm and degrees."""

    name: str
    type: str  # rotation or translation
    vector: np.ndarray  # (3,), a unit vector
    offset: np.ndarray  # (3,), mm
    values: np.ndarray  # one a frame, or one for all

    @property
    def known(self) -> Axis:
        """The axis with zeros where its values are missing or no numbers."""
        values = np.nan_to_num(self.values, nan=0.0, posinf=0.0, neginf=0.0)
        return replace(self, values=values if values.size else np.zeros(1))

    @property
    def matrix(self) -> np.ndarray:
        """(4, 4): from the frame this axis carries to the one it stands on, at its first value."""
        move = np.eye(4)
        move[:3, 3] = self.offset
        if self.type == "rotation":
            move[:3, :3] = rotation_about(self.vector, np.deg2rad(self.values[0]))
        else:
            move[:3, 3] += self.values[0] * self.vector
        return move


def axis_of(field: h5py.Dataset, empty: Literal["refused", "zero"] = "refused") -> Axis:
    """The axis that a field with its attributes describes.

    empty: what is done with a field of no values. Raises InputError where it has no direction.
    """
    vector = np.asarray(field.attrs.get("vector", ()), float).ravel()
    if vector.size != 3 or not np.linalg.norm(vector) > 0:
        raise InputError(f"{field.file.filename}: the axis {field.name} has no vector; it is needed for the geometry")
    kind = text(field.attrs.get("transformation_type"))
    unit = text(field.attrs.get("units")).lower()
    kind = kind or ("rotation" if unit.startswith(("deg", "rad")) else "translation")
    values = numbers(field) if field.size or empty == "refused" else np.zeros(0)
    if kind == "translation":
        values = values * millimetres(field, "units")
    elif unit.startswith("rad"):
        values = np.rad2deg(values)
    offset = np.asarray(field.attrs.get("offset", (0.0, 0.0, 0.0)), float).ravel()
    if offset.any():
        unit_name = "offset_units" if "offset_units" in field.attrs or kind == "rotation" else "units"
        offset = offset * millimetres(field, unit_name)
    return Axis(field.name.rpartition("/")[2], kind, vector / np.linalg.norm(vector), offset, values)


def chain(
    start: h5py.Group | h5py.Dataset, depends_on: str, empty: Literal["refused", "zero"] = "refused"
) -> list[Axis]:
    """The axes from ``depends_on`` (a path, as ``start`` knows it) to the laboratory, nearest the crystal first.

    empty: as :func:`axis_of` has it. Raises InputError where one is missing or depends on itself.
    """
    axes: list[Axis] = []
    seen: set[str] = set()
    while depends_on not in ("", "."):
        group = start.parent if isinstance(start, h5py.Dataset) else start
        field = first_of(group, depends_on)
        if not isinstance(field, h5py.Dataset) or field.name in seen:
            where = "is not in the file" if field is None else "is no axis, or depends on itself"
            raise InputError(f"{start.file.filename}: {start.name} depends on {depends_on}, which {where}")
        seen.add(field.name)
        axes.append(axis_of(field, empty))
        start, depends_on = field, text(field.attrs.get("depends_on"))
    return axes


def composed(axes: list[Axis]) -> np.ndarray:
    """(4, 4): from the frame that the first axis carries to the laboratory of NeXus."""
    total = np.eye(4)
    with np.errstate(over="ignore", invalid="ignore"):  # of numbers that make no sense: import says so
        for axis in axes:
            total = axis.matrix @ total
    return total
