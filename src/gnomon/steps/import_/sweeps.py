"""Images to sweeps: runs of consecutive numbers in which the crystal turns on and nothing else changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.io.images.frame import Frame
from gnomon.io.images.templates import ImageFiles
from gnomon.models.scan import Scan
from gnomon.models.tolerances import Tolerances
from gnomon.steps.import_.differing import model_difference

_ROUNDING = 2e-4  # degrees: headers give four decimals of the first and of the last start


@dataclass(frozen=True, eq=False)
class Sweep:
    """Consecutive images of one template, from number ``first`` on."""

    template: str
    first: int
    frames: Sequence[Frame]

    @property
    def last(self) -> int:
        """The number of the last image."""
        return self.first + len(self.frames) - 1


def split_into_sweeps(
    files: ImageFiles, frames: Sequence[Frame], tolerances: tuple[Tolerances, float], *, whole: bool = False
) -> tuple[list[Sweep], list[str]]:
    """The sweeps of one template, and a line for each place where it had to be split.

    frames: one a number of ``files``; tolerances: of models, and of the start of an image, as a fraction of its width;
    whole: only where images are missing.
    """
    starts, lines = [0], []
    for i in range(1, len(frames)):
        before, here = files.numbers[i - 1], files.numbers[i]
        reason = _gap(before, here)
        if not reason and not whole:
            reason = _break((frames[starts[-1]], frames[i - 1], frames[i]), *tolerances)
        if reason:
            starts.append(i)
        if reason and not frames[i].is_still:
            lines.append(f"{files.name}: a new sweep begins at image {here}: {reason}")
    ends = [*starts[1:], len(frames)]
    return [Sweep(files.template, files.numbers[a], frames[a:b]) for a, b in zip(starts, ends)], lines


def _gap(before: int, here: int) -> str:
    missing = here - before - 1
    if not missing:
        return ""
    return f"image {before + 1} is missing" if missing == 1 else f"images {before + 1} to {here - 1} are missing"


def _break(frames: tuple[Frame, Frame, Frame], tolerances: Tolerances, of_width: float) -> str:
    """Why the last of ``frames`` does not continue the sweep that began with the first; nothing where it does.

    frames: the first of the sweep, the one before, and this one.
    """
    first, before, here = frames
    differs = model_difference(first, here, tolerances)
    if differs or (first.is_still and here.is_still):
        return differs
    width = first.oscillation[1]
    if abs(here.oscillation[1] - width) > 1e-6:
        return f"it turns by {here.oscillation[1]:g} degrees, not {width:g}"
    step = (here.oscillation[0] - before.oscillation[0] - width + 180.0) % 360.0 - 180.0
    if abs(step + width) <= of_width * abs(width) + 1e-6:
        return f"it starts at {here.oscillation[0]:g} degrees, as the image before does: recorded twice?"
    if abs(step) > of_width * abs(width) + 1e-6:
        return f"it starts at {here.oscillation[0]:g} degrees, not {before.oscillation[0] + width:g}"
    return ""


def scan_of(sweep: Sweep) -> Scan:
    """The scan.

    Headers round: over many images the first and last start tell the width better than the width itself does.
    """
    start, width = _oscillation(sweep.frames)
    return Scan(
        image_range=(sweep.first, sweep.last),
        oscillation=(start, width),
        exposure_time=np.array([frame.exposure_time for frame in sweep.frames]),
        epochs=np.array([frame.epoch for frame in sweep.frames]),
    )


def _oscillation(frames: Sequence[Frame]) -> tuple[float, float]:
    start, width = frames[0].oscillation
    if len(frames) > 1 and not frames[0].is_still:
        n = len(frames) - 1
        turned = frames[-1].oscillation[0] - start
        turned += 360.0 * round((n * width - turned) / 360.0)
        if abs(turned - n * width) > _ROUNDING:
            width = turned / n
    return start, width
