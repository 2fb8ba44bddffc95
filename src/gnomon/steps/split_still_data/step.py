"""split_still_data: stills that belong together, by their place in a series or by what a file tells of them."""

from __future__ import annotations

import re

import numpy as np

from gnomon.errors import InputError
from gnomon.io.grouping import Grouping, Source, read_grouping
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.imageset import ImageSet, number_in
from gnomon.models.reflections import Reflections
from gnomon.models.subset import subset
from gnomon.step import Result, require_columns, require_images
from gnomon.steps.split_still_data.params import SplitStillDataParams
from gnomon.steps.split_still_data.summary import SplitStillDataSummary

SERIES = "place in the series"
_NUMBER = re.compile(r"(\d+)(?:\.[a-z]\w*)*$", re.IGNORECASE)
"""The number of an image in the name of its file, before the endings."""


def split_still_data(
    experiments: Experiments, reflections: Reflections, params: SplitStillDataParams
) -> list[Result[SplitStillDataSummary]]:
    """The groups, from small values to large ones; lattices of one image go together.

    Images count from 0: in HDF5 files as they lie there, of other files by the number in their names less
    ``first_image``. Raises InputError for scans, for images of which nothing is told, and where both ways of grouping
    are asked for, or none.
    """
    require_columns("split_still_data", reflections, ("id",))
    require_images("split_still_data", experiments)
    if (params.series_repeat is None) == (params.grouping is None):
        raise InputError("split_still_data needs one of series_repeat and grouping; give series_repeat=10, say")
    places = [_place(e, i, params.first_image) for i, e in enumerate(experiments)]
    if params.series_repeat is not None:
        grouping = Grouping((SERIES,), (0.0,), {})
        values = np.array([[float(index % params.series_repeat)] for _, index in places])
    else:
        grouping = read_grouping(params.grouping or "")
        values = np.array([[_value(grouping, name, *place) for name in grouping.names] for place in places])
    levels = np.column_stack([_levels(column, t) for column, t in zip(values.T, grouping.tolerances)])
    return [
        _group(experiments, reflections, np.flatnonzero((levels == group).all(axis=1)), grouping.names, values)
        for group in np.unique(levels, axis=0)
    ]


def _group(
    experiments: Experiments, reflections: Reflections, members: np.ndarray, names: tuple[str, ...], values: np.ndarray
) -> Result[SplitStillDataSummary]:
    chosen, table = subset(experiments, reflections, members.tolist())
    summary = SplitStillDataSummary(
        names=names,
        values=tuple(values[members].mean(axis=0).tolist()),
        members=tuple(members.tolist()),
        n_reflections=len(table),
    )
    return Result(chosen, table, summary)


def _place(experiment: Experiment, number: int, first_image: int) -> tuple[str, int]:
    """The file of a still, and its place among the images there or of its name, from 0."""
    first, last = experiment.image_range
    if first != last:
        raise InputError(
            f"split_still_data groups stills, and experiment {number} has images {first} to {last}; use slice_sequence"
        )
    images = experiment.images
    assert images is not None
    path = images.path_of(first)
    if images.indices:
        return path, images.indices[0]
    found = _NUMBER.search(path)
    if found is None:
        raise InputError(f"there is no number in the name of {path}, by which its place in a series would be told")
    return path, int(found[1]) - first_image


def _value(grouping: Grouping, name: str, path: str, index: int) -> float:
    """The value of an image. Raises InputError where nothing is told of it."""
    source = _source_of(grouping, name, path)
    try:
        return source.at(index)
    except InputError as error:
        raise InputError(f"{name} of {path}: {error}; mend the file of groups") from None


def _source_of(grouping: Grouping, name: str, path: str) -> Source:
    for images, source in grouping.sources[name].items():
        if images == path or (number_in(images)[1] and ImageSet(template=images).has(path)):
            return source
    told = ", ".join(grouping.sources[name])
    raise InputError(f"the file of groups tells no {name} of {path}, only of {told}; add it")


def _levels(values: np.ndarray, tolerance: float) -> np.ndarray:
    """(N,) int: values within ``tolerance`` of the smallest of their level are one level."""
    level, smallest = np.zeros(len(values), int), -np.inf
    current = -1
    for i in np.argsort(values, kind="stable").tolist():
        if not values[i] <= smallest + tolerance:
            current, smallest = current + 1, values[i]
        level[i] = current
    return level
