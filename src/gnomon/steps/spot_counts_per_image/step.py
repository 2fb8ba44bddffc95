"""spot_counts_per_image: the spots of each image, counted and judged."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.geometry.resolutions import resolutions
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.step import HERE, Context, Result, require_columns
from gnomon.steps.spot_counts_per_image.counts import Judge
from gnomon.steps.spot_counts_per_image.lit import lit_part
from gnomon.steps.spot_counts_per_image.params import SpotCountsPerImageParams
from gnomon.steps.spot_counts_per_image.summary import SpotCountsPerImageSummary, SweepCounts


def spot_counts_per_image(
    experiments: Experiments,
    reflections: Reflections,
    params: SpotCountsPerImageParams,
    context: Context = HERE,
) -> Result[SpotCountsPerImageSummary]:
    """Experiments and reflections as they are, and the numbers of each image.

    A spot counts on the image that holds its centroid. Raises InputError where there are no spots with ids.
    """
    require_columns("spot_counts_per_image", reflections, ("id", "xyzobs.px.value", "intensity.sum.value"))
    found = [rows[0] for _, rows in experiments.groups_sharing("images")]
    if not len(reflections):
        raise InputError("spot_counts_per_image: the table has no spots; run find_spots with a lower sigma_strong")
    sweeps = []
    judges: dict[tuple[object, ...], Judge] = {}
    for i in found:
        e = experiments[i]
        own = e.images is not None and "shadow" in e.images.params  # a shadow depends on goniometer and scan
        setup = e.beam.key, e.detector.key, e.images.mask if e.images else None, i if own else None
        if setup not in judges:
            judges[setup] = Judge(e, lit_part(e), params)
        table = reflections.of_experiment(i)
        sweeps.append(_sweep(i, e.scan, table, resolutions(experiments.with_items([e]), _alone(table)), judges[setup]))
        if context.progress:
            context.progress("counting spots", len(sweeps), len(found))
    return Result(experiments, reflections, SpotCountsPerImageSummary(sweeps=tuple(sweeps)))


def _alone(table: Reflections) -> Reflections:
    """The table of one experiment, numbered 0."""
    return table.with_columns({"id": np.zeros(len(table), np.int32)})


def _sweep(number: int, scan: Scan | None, table: Reflections, d: np.ndarray, judge: Judge) -> SweepCounts:
    """The numbers of each image of one sweep; d: (N,) Å, the resolutions of its spots."""
    image = np.floor(table["xyzobs.px.value"][:, 2]).astype(int) + 1
    numbers = _images(scan, image)
    order = np.argsort(image, kind="stable")
    starts = np.searchsorted(image[order], [*numbers, numbers[-1] + 1])
    rows = [order[a:b] for a, b in pairwise(starts)]
    counts = [judge(d[of_image], table["intensity.sum.value"][of_image]) for of_image in rows]
    return SweepCounts.of(number, numbers, counts)


def _images(scan: Scan | None, image: np.ndarray) -> list[int]:
    """The numbers of all images of the scan, or of those that have spots where there is none."""
    first, last = scan.image_range if scan else (int(image.min(initial=1)), int(image.max(initial=1)))
    return list(range(first, last + 1))
