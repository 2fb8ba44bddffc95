"""The goniometer of a file and the rotation angle of each of its images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import h5py
import numpy as np

from gnomon.io.images.hdf5.fields import first_of, numbers
from gnomon.io.images.hdf5.transformations import IMGCIF, Axis
from gnomon.models.goniometer import AnyGoniometer, Goniometer, MultiAxisGoniometer

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
    ends = _told(group, f"{name}_end")
    if ends.size and len(ends) in (1, len(starts)):
        return Turning(starts, np.mod(ends - starts[: len(ends)] + 180.0, 360.0) - 180.0)
    for told in (f"{name}_increment_set", f"{name}_increment", f"{name}_range_average"):
        widths = _told(group, told)
        if widths.size:
            return Turning(starts, widths[: max(1, len(starts))])
    return Turning(starts, np.zeros(0))


def _told(group: h5py.Group, name: str) -> np.ndarray:
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
