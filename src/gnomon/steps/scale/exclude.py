"""What the user leaves out by hand: data sets and images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.errors import InputError
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.scan import ImageRange
from gnomon.models.valid_images import with_valid_ranges, without
from gnomon.step import require_experiment
from gnomon.steps.scale.params import ScaleParams


def chosen_data_sets(experiments: Experiments, names: Sequence[str], params: ScaleParams) -> list[int]:
    """The numbers of the experiments to use, rising.

    Raises InputError for a data set that is not there, and where none is left.
    """
    known = {str(i): i for i in range(len(experiments))}
    known |= {e.identifier: i for i, e in enumerate(experiments) if e.identifier and e.identifier not in known}
    known |= {name: i for i, name in enumerate(names) if name not in known}

    def number(word: str) -> int:
        if word not in known:
            raise InputError(
                f"there is no data set {word}; {len(experiments)} are there, 0 to {len(experiments) - 1}, "
                f"{names[0]} to {names[-1]}"
            )
        return known[word]

    used = {number(w) for w in params.use_datasets} or set(range(len(experiments)))
    kept = sorted(used - {number(w) for w in params.exclude_datasets})
    if not kept:
        raise InputError("use_datasets and exclude_datasets leave no data set; leave out fewer")
    return kept


def in_images(
    experiments: Experiments, reflections: Reflections, ranges: Sequence[tuple[int, ...]], z: np.ndarray
) -> np.ndarray:
    """(n_rows,) bool: on one of these images. ranges: (experiment, first, last), inclusive; z: (n_rows,) in images.

    Raises InputError for images that an experiment does not have.
    """
    inside = np.zeros(len(reflections), bool)
    image = np.floor(z).astype(int) + 1
    for number, first, last in ranges:
        require_experiment("exclude_images", number, experiments)
        scan = experiments[number].scan
        if scan is None or last < scan.image_range[0] or first > scan.image_range[1]:
            has = "no images" if scan is None else f"images {scan.image_range[0]} to {scan.image_range[1]}"
            raise InputError(
                f"exclude_images={number}:{first}:{last}: experiment {number} has {has}; give some of those"
            )
        rows = reflections.by_experiment()[number]
        inside[rows] |= (image[rows] >= first) & (image[rows] <= last)
    return inside


def without_images(experiments: Experiments, ranges: Sequence[tuple[int, ...]]) -> Experiments:
    """The experiments, of which these images (experiment, first, last) no longer count; the ``.expt`` will say so.

    One of which no image would be left is as it was.
    """
    counting: dict[int, list[ImageRange]] = {}
    for number, first, last in ranges:
        counting[number] = without(counting.get(number, experiments[number].valid_ranges), [(first, last)])
    return with_valid_ranges(experiments, counting)
