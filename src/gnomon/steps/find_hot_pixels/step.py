"""find_hot_pixels: pixels that are strong on most images, from the pixels of strong spots."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.errors import InputError
from gnomon.io.images.masks import Masks, static_mask
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.shoeboxes import FOREGROUND, Shoeboxes
from gnomon.step import Progress, Result, require_columns, require_images
from gnomon.steps.find_hot_pixels.params import FindHotPixelsParams

_PARTS = 3
_FEWEST = 2 * _PARTS


def find_hot_pixels(
    experiments: Experiments,
    reflections: Reflections,
    params: FindHotPixelsParams,
    *,
    workers: Workers = SERIAL,
    progress: Progress | None = None,
) -> Result:
    """The experiments and reflections as they are; ``stats["masks"]``: a tuple of masks for each set of images.

    Masks are the static mask less the hot pixels: those strong on more than ``hot_fraction`` of the images of the
    first, the middle and the last third, as no Bragg spot is. ``stats["sets"]`` lists them as rows (panel, x, y).
    Raises InputError where spots come without their pixels, or from fewer than six images.
    """
    require_columns("find_hot_pixels", reflections, ["id"])
    if "shoebox" not in reflections:
        raise InputError("find_hot_pixels needs the pixels of spots; run find_spots with output.shoeboxes=true first")
    require_images("find_hot_pixels", experiments)
    masks, told = [], []
    for _, rows in experiments.groups_sharing("images"):
        experiment = experiments[rows[0]]
        mine = np.isin(reflections["id"], rows)
        mask = _cold(experiment, rows[0], reflections["shoebox"][mine], params.hot_fraction)
        static = static_mask(experiment)
        hot = [np.argwhere(~cold)[:, ::-1] for cold in mask]
        masks.append(tuple(a & b for a, b in zip(static, mask)))
        listed = np.concatenate([np.insert(rows_of, 0, i, axis=1) for i, rows_of in enumerate(hot)])
        told.append({"experiment": rows[0], "spots": int(mine.sum()), "hot": listed})
    return Result(experiments, reflections, {"masks": masks, "sets": told})


def _cold(experiment: Experiment, number: int, boxes: Shoeboxes, fraction: float) -> Masks:
    """Per panel (ny, nx) bool: not hot."""
    if experiment.scan is None or experiment.scan.n_images < _FEWEST:
        raise InputError(
            f"find_hot_pixels needs {_FEWEST} images of a scan to tell a hot pixel; experiment {number} has fewer"
        )
    low, high = experiment.scan.array_range
    edges = np.linspace(low, high, _PARTS + 1).round().astype(int)
    sizes = experiment.detector.image_sizes.astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes.prod(axis=1))])
    pixel, z = _strong_pixels(boxes, sizes[:, 0], starts)
    hot = np.ones(starts[-1], bool)
    for first, end in pairwise(edges):
        within = (z >= first) & (z < end)
        hot &= np.bincount(pixel[within], minlength=starts[-1]) > fraction * (end - first)
    return tuple(~hot[a:b].reshape(ny, nx) for a, b, (nx, ny) in zip(starts[:-1], starts[1:], sizes))


def _strong_pixels(boxes: Shoeboxes, widths: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(P,) the flat pixel, counted over all panels, and the image (from 0) of all foreground pixels of the boxes."""
    spot = np.repeat(np.arange(len(boxes)), np.diff(boxes.offsets))
    at = np.arange(len(boxes.data)) - boxes.offsets[spot]
    strong = (boxes.mask & FOREGROUND) > 0
    spot, at = spot[strong], at[strong]
    x0, x1, y0, y1, z0, _ = boxes.bbox[spot].T.astype(np.int64)
    row, x = np.divmod(at, x1 - x0)
    z, y = np.divmod(row, y1 - y0)
    panel = boxes.panel[spot].astype(np.int64)
    return starts[panel] + (y + y0) * widths[panel] + x + x0, z + z0
