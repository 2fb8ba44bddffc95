"""How the axes of NeXus files carry each other, which of them turn the sample, and by how much for each image.

NXtransformations: each axis is named by the ``depends_on`` of the one it carries. Könnecke et al. (2015), J. Appl.
Cryst. 48, 301; Bernstein et al. (2020), IUCrJ 7, 784.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import h5py
import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.frame import OSCILLATION, HeaderCheck
from gnomon.io.images.hdf5.fields import first_of, millimetres, numbers, text
from gnomon.models.goniometer import AnyGoniometer, Goniometer, MultiAxisGoniometer, rotation_about

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


_ROTATIONS = ("omega", "chi", "kappa", "phi")
"""Names of axes that are believed to turn the sample where nothing else says so."""


def sample_axes(sample: h5py.Group, check: HeaderCheck) -> list[Axis]:
    """The rotations of the sample, nearest the crystal first; none where the file has none.

    Where the sample depends on nothing though its group holds axes, they are those; where an axis has no values, 0.
    Both are noted. Raises InputError where an axis is missing or depends on itself.
    """
    depends_on = text(first_of(sample, "depends_on"))
    if depends_on in ("", "."):
        depends_on = _innermost(sample)
        if depends_on:
            check.note(f"the sample does not say on which axis it stands: taken is {depends_on}")
    axes = [axis for axis in chain(sample, depends_on, empty="zero") if axis.type == "rotation"]
    for axis in axes:
        if not axis.values.size or not np.isfinite(axis.values).all():
            check.note(
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


_EVEN = 0.03
"""Of a step from start to start: by so much starts may be off one that is even, as encoders read them."""
_DEAD = 0.75
"""Of such a step: the least that an image may turn while a detector is read out and the crystal turns on. CCDs and
early pixel detectors miss a tenth, screening leaves out nearly all."""


@dataclass(frozen=True, eq=False)
class Turning:
    """How an axis turns: the starts of the images (degrees), or one for all; widths: one an image, one for all, or
    none where the file does not tell."""

    starts: np.ndarray
    widths: np.ndarray

    def of_images(self, n: int) -> list[tuple[float, float]]:
        """Start and width of each of ``n`` images, degrees.

        Where starts follow each other evenly and the widths told leave hardly a gap, the step is the width: what is
        missed while a detector is read out turned the crystal too. Else it is as told: images at 0, 45 and 90 degrees
        are not 45 degrees wide. Starts that are not told go on by the width.
        """
        steps = np.mod(np.diff(self.starts) + 180.0, 360.0) - 180.0
        step = float(np.round(np.median(steps), 7)) if len(steps) else 0.0
        even = step != 0.0 and np.abs(steps - step).max() <= _EVEN * abs(step) + 1e-6
        widths = self.widths
        if len(widths) > 1 and np.ptp(widths) <= _EVEN * abs(np.median(widths)) + 1e-6:
            widths = np.array([np.round(np.median(widths), 7)])
        if not len(widths) or (even and len(widths) == 1 and _DEAD <= abs(widths[0] / step) <= 1.0 + _EVEN):
            widths = np.array([step])
        every = np.resize(widths, n) if len(widths) == 1 else _filled(widths, n)
        starts = self.starts[0] + np.concatenate([[0.0], np.cumsum(every[:-1])]) if n else np.zeros(0)
        known = min(len(self.starts), n) if len(self.starts) > 1 else 0
        starts[:known] = self.starts[:known]
        return [(float(start), float(width)) for start, width in zip(starts, every)]


def _filled(values: np.ndarray, n: int) -> np.ndarray:
    """The first ``n`` values, the last repeated where they are fewer."""
    return np.concatenate([values[:n], np.full(max(0, n - len(values)), values[-1])])


def turning_of(group: h5py.Group, name: str, starts: np.ndarray) -> Turning:
    """How the axis ``name`` turns, from what DECTRIS files tell in its group beside its starts.

    Ends first: they are one an image.
    """
    ends = _optional_numbers(group, f"{name}_end")
    if ends.size and len(ends) in (1, len(starts)):
        return Turning(starts, np.mod(ends - starts[: len(ends)] + 180.0, 360.0) - 180.0)
    for field in (f"{name}_increment_set", f"{name}_increment", f"{name}_range_average"):
        widths = _optional_numbers(group, field)
        if widths.size:
            return Turning(starts, widths[: max(1, len(starts))])
    return Turning(starts, np.zeros(0))


def _optional_numbers(group: h5py.Group, name: str) -> np.ndarray:
    """The values of a field; none where it is not there, or holds what are no numbers."""
    field = first_of(group, name)
    if not isinstance(field, h5py.Dataset) or not field.size:
        return np.zeros(0)
    values = numbers(field)
    return values if np.isfinite(values).all() else np.zeros(0)


def scan_axis_of(turnings: Sequence[Turning]) -> int:
    """The number of the axis that turns most from image to image, or else during one; the last where none does.

    Most, as those that stand still waver where they are read from encoders.
    """
    for amounts in ([np.ptp(t.starts) for t in turnings], [np.abs(t.widths).max(initial=0.0) for t in turnings]):
        if max(amounts, default=0.0) > 0:
            return int(np.argmax(amounts))
    return len(turnings) - 1


def goniometer_of(axes: Sequence[Axis], scan_axis: int) -> AnyGoniometer | None:
    """From the rotations of the sample, crystal side first; nothing where there are none."""
    if not axes:
        return None
    vectors = np.array([axis.vector * IMGCIF for axis in axes]) + 0.0
    if len(axes) == 1:
        return Goniometer(rotation_axis=vectors[0])
    return MultiAxisGoniometer(
        axes=vectors,
        angles=np.array([axis.values[0] for axis in axes]),
        names=tuple(axis.name for axis in axes),
        scan_axis=scan_axis,
    )
