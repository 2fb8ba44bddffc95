"""Images whose angles do not rise with their numbers: those that fall evenly are turned round, others are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gnomon.io.images.frame import Frame
from gnomon.models.goniometer import AnyGoniometer, Goniometer, MultiAxisGoniometer

LEAST = 3
"""Images whose angles fall one after the other, for that to be how they were numbered."""
MANY, SHORT = 5, 3.0
"""Sweeps of one template, and images in each on average, from which the numbers are in no order of the angles."""


def as_numbered(frames: Sequence[Frame], numbers: Sequence[int], of_width: float) -> tuple[list[Frame], str]:
    """The frames, turning the other way round where their angles fall evenly with their numbers; and that in words.

    A rotation by phi about an axis is one by -phi about its opposite: image n, from a to a + w, is from -(a + w) to -a
    about it, which rises with the number. of_width: by how much the start of an image may be off, of the width.
    """
    if len(frames) < LEAST or any(frame.is_still for frame in frames):
        return list(frames), ""
    start, width = np.array([frame.oscillation for frame in frames]).T
    expected = -np.diff(numbers) * width[0]
    off = (np.diff(start) - expected + 180.0) % 360.0 - 180.0
    rises = (np.diff(start) + expected + 180.0) % 360.0 - 180.0
    tolerance = of_width * abs(width[0]) + 1e-6
    if np.ptp(width) > 1e-6 or (np.abs(off) > tolerance).any() or (np.abs(rises) <= tolerance).all():
        return list(frames), ""
    turned = [
        replace(frame, goniometer=_opposite(frame.goniometer), oscillation=(-(a + w) + 0.0, w))
        for frame, a, w in zip(frames, start.tolist(), width.tolist())
    ]
    return turned, (
        f"the angles of images {numbers[0]} to {numbers[-1]} fall from {start[0]:g} to {start[-1]:g} degrees as their "
        "numbers rise: taken as a turn about the opposite axis"
    )


def _opposite(goniometer: AnyGoniometer | None) -> AnyGoniometer:
    goniometer = goniometer or Goniometer()
    if isinstance(goniometer, MultiAxisGoniometer):
        axes = goniometer.axes.copy()
        axes[goniometer.scan_axis] *= -1
        return replace(goniometer, axes=axes)
    return replace(goniometer, rotation_axis=-goniometer.rotation_axis)


def disorder_told(frames: Sequence[Frame], breaks: Sequence[str]) -> str:
    """Why images of one template fall into so many sweeps, and what to do; nothing where they do not, or not for their
    angles. breaks: the lines that tell where new sweeps begin and why.
    """
    n_sweeps = len(breaks) + 1
    if n_sweeps < MANY or len(frames) >= SHORT * n_sweeps or not all(": it starts at " in line for line in breaks):
        return ""
    start, width = np.array([frame.oscillation for frame in frames]).T
    if np.ptp(start) < 1e-6:
        return (
            f"its {len(frames)} images all start at {start[0]:g} degrees, and each turns by {width[0]:g}: each is a "
            "sweep of its own; where they follow each other give oscillation=START,WIDTH"
        )
    if (np.diff(start) > 0).all():  # so many looks at a crystal, far apart
        return ""
    again = len(start) - len(np.unique(np.round(start % 360.0, 4)))
    twice = f", {again} of them at an angle that another has" if again else ""
    return (
        f"the angles of its {len(frames)} images are in no order of their numbers{twice}: they make {n_sweeps} sweeps; "
        "give the files numbers in the order of their angles, or oscillation=START,WIDTH where the headers are wrong"
    )
