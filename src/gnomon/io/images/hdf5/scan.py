"""The goniometer of a file and the rotation angle of each of its images."""

from __future__ import annotations

from collections.abc import Sequence

import h5py
import numpy as np

from gnomon.io.images.hdf5.fields import first_of, numbers
from gnomon.io.images.hdf5.transformations import IMGCIF, Axis
from gnomon.models.goniometer import AnyGoniometer, Goniometer, MultiAxisGoniometer


def scan_axis_of(axes: Sequence[Axis]) -> int:
    """The number of the axis that turns; the one nearest the laboratory where none does."""
    turning = [i for i, axis in enumerate(axes) if np.ptp(axis.values) > 0]
    return turning[0] if turning else len(axes) - 1


def goniometer_of(axes: Sequence[Axis]) -> AnyGoniometer | None:
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
        scan_axis=scan_axis_of(axes),
    )


def oscillations(angles: np.ndarray, n_images: int, increment: float) -> list[tuple[float, float]]:
    """Start and width (degrees) of each image.

    angles: the starts that the file has, one an image or fewer; increment: what it says of the width, for when the
    angles do not tell.
    """
    if len(angles) > 1:
        steps = np.diff(angles)
        increment = float(np.round(np.median(steps), 7))
    starts = angles[0] + increment * np.arange(n_images)
    known = min(len(angles), n_images)
    if len(angles) > 1:
        starts[:known] = angles[:known]
    return [(float(start), increment) for start in starts]


def increment_of(group: h5py.Group, name: str) -> float:
    """The rotation during one image that DECTRIS files tell beside the angles of axis ``name``; 0 where they do not."""
    field = first_of(group, f"{name}_increment_set", f"{name}_increment", f"{name}_range_average")
    if field is not None:
        return float(numbers(field)[0])
    end, start = first_of(group, f"{name}_end"), first_of(group, name)
    if end is None or start is None:
        return 0.0
    return float(numbers(end)[0] - numbers(start)[0])
