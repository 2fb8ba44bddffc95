"""Stills and sweeps: images of which headers tell no width though they advance, and what the user makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.frame import Frame
from gnomon.models.scan import STILL_WIDTH
from gnomon.steps.import_.params import ImportParams

_LEAST = 3
"""Images, of which the starts are said to advance evenly."""


def as_asked(frames: Sequence[Frame], numbers: Sequence[int], params: ImportParams) -> tuple[list[Frame], str]:
    """The frames of the images ``numbers`` as stills or as a sweep, and what is to be said of the choice.

    Raises InputError where stills are to be a sweep and nothing tells how they turned.
    """
    frames = list(frames)
    if params.convert_sequences_to_stills:
        return [replace(frame, oscillation=(frame.oscillation[0], 0.0)) for frame in frames], ""
    if not all(frame.is_still for frame in frames):
        return frames, ""
    step = even_step([frame.oscillation[0] for frame in frames], numbers, params.oscillation_tolerance)
    if params.convert_stills_to_sequences:
        if not step:
            raise InputError(
                f"{frames[0].path}: neither the widths nor the starts of its images tell how the crystal turned; "
                "give geometry.scan.oscillation=start,width"
            )
        return [replace(frame, oscillation=(frame.oscillation[0], step)) for frame in frames], ""
    if not step:
        return frames, ""
    start = frames[0].oscillation[0]
    return frames, (
        f"its images start {step:g} degrees apart, from {start:g} on, but the header tells that none turns during its "
        f"exposure: taken as {len(frames)} stills; if each turned on to the next, import with oscillation={start:g},"
        f"{step:g}"
    )


def even_step(starts: Sequence[float], numbers: Sequence[int], tolerance: float) -> float:
    """Degrees by which the starts advance from number to number; 0 where they do not, or not evenly.

    tolerance: by how much a step may differ, as a fraction of it.
    """
    if len(starts) < _LEAST:
        return 0.0
    turned = np.mod(np.diff(starts) + 180.0, 360.0) - 180.0
    steps = turned / np.diff(numbers)
    step = float(np.median(steps))
    even = np.abs(steps - step).max() <= tolerance * abs(step) + 1e-6
    return round(step, 7) if even and abs(step) >= STILL_WIDTH else 0.0
