"""spot_counts_per_image: the spots of each image, counted and judged."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.maths.resolutions import resolutions
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.step import InputError, Progress, Result, require_columns
from gnomon.steps.spot_counts_per_image.counts import ImageCounts, Judge
from gnomon.steps.spot_counts_per_image.lit import lit_part
from gnomon.steps.spot_counts_per_image.params import SpotCountsPerImageParams


def spot_counts_per_image(
    experiments: Experiments,
    reflections: Reflections,
    params: SpotCountsPerImageParams,
    *,
    workers: Workers = SERIAL,
    progress: Progress | None = None,
) -> Result:
    """Experiments and reflections as they are; ``stats["sweeps"]`` holds the numbers of each image.

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
        table = reflections.select(reflections["id"] == i)
        sweeps.append({"experiment": i, **_sweep(e.scan, table, resolutions(experiments, table), judges[setup])})
        if progress:
            progress("counting spots", len(sweeps), len(found))
    return Result(experiments, reflections, {"sweeps": sweeps})


def _sweep(scan: Scan | None, table: Reflections, d: np.ndarray, judge: Judge) -> dict[str, list[Any]]:
    """The numbers of each image of one sweep; d: (N,) Å, the resolutions of its spots."""
    image = np.floor(table["xyzobs.px.value"][:, 2]).astype(int) + 1
    numbers = _images(scan, image)
    order = np.argsort(image, kind="stable")
    starts = np.searchsorted(image[order], [*numbers, numbers[-1] + 1])
    rows = [order[a:b] for a, b in pairwise(starts)]
    counts = [judge(d[of_image], table["intensity.sum.value"][of_image]) for of_image in rows]
    return {"image": numbers, **columns_of(counts)}


def _images(scan: Scan | None, image: np.ndarray) -> list[int]:
    """The numbers of all images of the scan, or of those that have spots where there is none."""
    first, last = scan.image_range if scan else (int(image.min(initial=1)), int(image.max(initial=1)))
    return list(range(first, last + 1))


def columns_of(counts: list[ImageCounts]) -> dict[str, list[Any]]:
    """The numbers of images, a list each."""
    names = ("n_spots", "n_spots_no_ice", "total_intensity", "d_min", "ice")
    return {name: [getattr(image, name) for image in counts] for name in names}
