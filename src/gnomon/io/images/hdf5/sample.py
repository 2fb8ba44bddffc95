"""The axes that turn the sample of an NXmx file, whether or not it says in full how they depend on each other."""

from __future__ import annotations

import h5py
import numpy as np

from gnomon.io.images.hdf5.fields import first_of, text
from gnomon.io.images.hdf5.transformations import Axis, chain
from gnomon.io.images.untold import OSCILLATION, Telling

_ROTATIONS = ("omega", "chi", "kappa", "phi")
"""Names of axes that are believed to turn the sample where nothing else says so."""


def sample_axes(sample: h5py.Group, telling: Telling) -> list[Axis]:
    """The rotations of the sample, nearest the crystal first; none where the file has none.

    Where the sample depends on nothing though its group holds axes, they are those; where an axis has no values, 0.
    Both are noted. Raises InputError where an axis is missing or depends on itself.
    """
    depends_on = text(first_of(sample, "depends_on"))
    if depends_on in ("", "."):
        depends_on = _innermost(sample)
        if depends_on:
            telling.says(f"the sample does not say on which axis it stands: taken is {depends_on}")
    axes = [axis for axis in chain(sample, depends_on, empty="zero") if axis.type == "rotation"]
    for axis in axes:
        if not axis.values.size or not np.isfinite(axis.values).all():
            telling.says(
                f"the axis {axis.name} has no values: taken are 0 degrees; give geometry.scan.oscillation=start,width "
                "if it turned",
                OSCILLATION,
            )
    return [axis.known for axis in axes]


def _innermost(sample: h5py.Group) -> str:
    """The path of the axis on which no other stands, that of the longest chain; nothing where there are no axes."""
    found: dict[str, str] = {}

    def note(_: str, field: object) -> None:
        if isinstance(field, h5py.Dataset) and _is_rotation(field):
            under = text(field.attrs.get("depends_on"))
            parent = first_of(field.parent, under) if under not in ("", ".") else None
            found[field.name] = parent.name if isinstance(parent, h5py.Dataset) else ""

    sample.visititems(note)
    inner = [name for name in found if name not in found.values()]

    def depth(name: str) -> int:
        seen: list[str] = []
        while name in found and name not in seen:
            seen.append(name)
            name = found[name]
        return len(seen)

    turning = [name for name in inner if np.ptp(np.nan_to_num(sample.file[name][()])) > 0]
    return max(turning or inner, key=depth, default="")


def _is_rotation(field: h5py.Dataset) -> bool:
    """Whether the field has a direction, and turns."""
    kind, name = text(field.attrs.get("transformation_type")), field.name.rpartition("/")[2]
    return "vector" in field.attrs and (kind == "rotation" or (not kind and name in _ROTATIONS)) and field.size > 0
