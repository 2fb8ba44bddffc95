"""Slice: some of the images of each scan, with the models and reflections that go with them."""

from __future__ import annotations

import numpy as np

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.errors import InputError
from gnomon.models.experiment import Experiment, Experiments, identifier_for
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.models.subset import numbered_as
from gnomon.step import Progress, Result, require_columns
from gnomon.steps.slice_sequence.models import Slicer
from gnomon.steps.slice_sequence.params import SliceSequenceParams
from gnomon.steps.slice_sequence.rows import centroid_z, within_images
from gnomon.steps.slice_sequence.summary import Slice, SliceSequenceSummary


def slice_sequence(
    experiments: Experiments,
    reflections: Reflections,
    params: SliceSequenceParams,
    *,
    workers: Workers = SERIAL,
    progress: Progress | None = None,
) -> Result[SliceSequenceSummary]:
    """The experiments on the images asked for, or in blocks, and the reflections whose centroids lie there.

    Blocks follow each other in the order of the experiments and get identifiers of their own; a range keeps the
    identifier. A table without ids (or none) stays as it is. Raises InputError for ranges that a scan does not hold.
    """
    if reflections:
        require_columns("slice_sequence", reflections, ["id", "xyzobs.px.value"])
    slicer = Slicer(_same_name if params.block_size is None else _name_of_block)
    items: list[Experiment] = []
    tables: list[Reflections] = []
    slices: list[Slice] = []
    for i, (experiment, ranges) in enumerate(zip(experiments, _ranges(experiments, params))):
        for first, last in ranges:
            items.append(slicer.slice(experiment, first, last))
            told = Slice(i, (first, last))
            if reflections:
                table, crossing = _rows(reflections, i, experiment.needed_scan, (first, last), len(items) - 1)
                tables.append(table)
                told = Slice(i, (first, last), len(table), crossing)
            slices.append(told)
    result = experiments.with_items(items)
    table = numbered_as(result, Reflections.concatenate(tables)) if tables else reflections
    summary = SliceSequenceSummary(slices=tuple(slices), without_scaling=slicer.without_scaling)
    return Result(result, table, summary)


def _same_name(identifier: str, first: int, last: int) -> str:
    return identifier


def _name_of_block(identifier: str, first: int, last: int) -> str:
    return identifier_for(identifier, first, last)


def _rows(
    reflections: Reflections, i: int, scan: Scan, image_range: tuple[int, int], number: int
) -> tuple[Reflections, int]:
    """The reflections of experiment i centred on these images, as those of experiment ``number``."""
    mine = reflections.of_experiment(i)
    low, high = image_range[0] - 1, image_range[1]
    z = centroid_z(mine, scan)
    table, crossing = within_images(mine.select((z >= low) & (z < high)), low, high)
    return table.with_columns({"id": np.full(len(table), number)}), crossing


def _ranges(experiments: Experiments, params: SliceSequenceParams) -> list[list[tuple[int, int]]]:
    """The image ranges of each experiment."""
    for i, experiment in enumerate(experiments):
        if experiment.scan is None or experiment.scan.is_still:
            raise InputError(f"slice_sequence cuts scans, and experiment {i} is a still; use split_experiments")
    if params.block_size is not None:
        return [_blocks(e.needed_scan, params.block_size) for e in experiments]
    asked = params.image_range
    if not asked:
        raise InputError("slice_sequence was told nothing to do; give image_range=1,20 or block_size=5 (degrees)")
    if len(asked) not in (1, len(experiments)):
        raise InputError(f"{len(asked)} image ranges for {len(experiments)} experiments; give one, or one for each")
    ranges = list(asked) * len(experiments) if len(asked) == 1 else list(asked)
    for i, (experiment, (first, last)) in enumerate(zip(experiments, ranges)):
        begin, end = experiment.needed_scan.image_range
        if not begin <= first <= last <= end:
            raise InputError(f"image_range={first},{last} is not within images {begin} to {end} of experiment {i}")
    return [[r] for r in ranges]


def _blocks(scan: Scan, width: float) -> list[tuple[int, int]]:
    """As many equal blocks as come nearest to ``width`` degrees; the last takes what does not divide."""
    total = abs(scan.oscillation[1]) * scan.n_images
    n = min(max(round(total / width), 1), scan.n_images)
    edges = [scan.image_range[0] + i * (scan.n_images // n) for i in range(n)]
    return list(zip(edges, [*(edge - 1 for edge in edges[1:]), scan.image_range[1]]))
