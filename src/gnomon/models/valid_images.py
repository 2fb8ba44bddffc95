"""Which images of each scan count: the one place where that is said, and how it is said anew.

It stands in ``Scan.valid_image_ranges`` under the experiment's identifier, where DIALS has it, so that it goes with the
``.expt`` from step to step. Steps ask ``Experiment.valid_ranges`` and ``Experiment.is_valid_at``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from gnomon.models.experiment import Experiments
from gnomon.models.model import Key
from gnomon.models.reflections import Reflections
from gnomon.models.scan import ImageRange, Scan

STRETCH = "valid_images"
"""The column in which find_spots hands on what it saw of the images, since it writes no experiments."""


def with_valid_ranges(experiments: Experiments, ranges: Mapping[int, Sequence[ImageRange]]) -> Experiments:
    """The experiments, of which those numbered in ``ranges`` count on these images only; shared scans stay shared.

    An experiment that counts on no image cannot be told from one of which nothing is said, here as in DIALS: it keeps
    what it had.
    """
    told: dict[Key | None, dict[str, list[list[int]]]] = {}
    scans: dict[Key | None, Scan] = {}
    for number, stretches in ranges.items():
        experiment = experiments[number]
        if experiment.scan is None or not stretches:
            continue
        scans[experiment.scan.key] = experiment.scan
        told.setdefault(experiment.scan.key, {})[experiment.identifier] = [[int(a), int(b)] for a, b in stretches]
    if not told:
        return experiments
    swap = {
        key: replace(scan, valid_image_ranges={**scan.valid_image_ranges, **told[key]}) for key, scan in scans.items()
    }
    return experiments.replace_model("scan", swap)


def centroid_z(reflections: Reflections) -> np.ndarray | None:
    """(N,) where along its scan each reflection lies, images; None where the table does not say."""
    for name in ("xyzobs.px.value", "xyzcal.px"):
        if name in reflections:
            z: np.ndarray = reflections[name][:, 2]
            return z
    return None


def in_valid_images(experiments: Experiments, reflections: Reflections) -> np.ndarray:
    """(N,) bool: whether each reflection lies on an image that counts, by its centroid; those of no experiment do."""
    good = np.ones(len(reflections), bool)
    limited = [i for i, e in enumerate(experiments) if e.valid_ranges != (e.image_range,)]
    z = centroid_z(reflections)
    if not limited or z is None:
        return good
    each = reflections.by_experiment()
    for i in limited:
        rows = each[i]
        good[rows] = experiments[i].is_valid_at(z[rows])
    return good


def stretches_of(images: Iterable[int]) -> list[ImageRange]:
    """The runs of consecutive numbers in ``images``, first and last of each."""
    numbers = np.unique(np.fromiter(images, int))
    if not len(numbers):
        return []
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    return [(int(run[0]), int(run[-1])) for run in runs]


def without(whole: Sequence[ImageRange], left_out: Sequence[ImageRange]) -> list[ImageRange]:
    """The stretches ``whole`` less the images of ``left_out``."""
    gone = {j for first, last in left_out for j in range(first, last + 1)}
    return stretches_of(j for first, last in whole for j in range(first, last + 1) if j not in gone)


def in_words(stretches: Sequence[ImageRange]) -> str:
    """``images 1 to 15 and 46 to 60``."""
    named = [f"{first} to {last}" if last > first else str(first) for first, last in stretches]
    head = ", ".join(named[:-1]) + " and " if len(named) > 1 else ""
    single = len(stretches) == 1 and stretches[0][0] == stretches[0][1]
    return f"image{'' if single else 's'} {head}{named[-1]}"
