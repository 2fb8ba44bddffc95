"""find_hot_pixels: pixels that are strong on most images, from the pixels of strong spots."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.masks import Masks, static_mask
from gnomon.maths.images.listed_pixels import PixelList, pixel_rows
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.shoeboxes import FOREGROUND, Shoeboxes
from gnomon.step import Result, require_columns, require_images
from gnomon.steps.find_hot_pixels.params import FindHotPixelsParams
from gnomon.steps.find_hot_pixels.summary import FindHotPixelsSummary, HotPixelSet

_PARTS = 3
_FEWEST = 2 * _PARTS


@dataclass(frozen=True, eq=False)
class HotPixels:
    """Of each set of images: a mask without the hot pixels, and (n, 3) int rows of panel, x, y of these."""

    masks: tuple[Masks, ...]
    hot: tuple[np.ndarray, ...]


def find_hot_pixels(
    experiments: Experiments,
    reflections: Reflections,
    params: FindHotPixelsParams,
) -> Result[FindHotPixelsSummary, HotPixels]:
    """The experiments and reflections as they are; the product has a mask for each set of images, and lists of pixels.

    Masks are the static mask less the hot pixels: those strong on more than ``hot_fraction`` of the images of the
    first, the middle and the last third, as no Bragg spot is.
    Raises InputError where spots come without their pixels, or from fewer than six images.
    """
    require_columns("find_hot_pixels", reflections, ["id"])
    if "shoebox" not in reflections:
        raise InputError("find_hot_pixels needs the pixels of spots; run find_spots with output.shoeboxes=true first")
    require_images("find_hot_pixels", experiments)
    masks, found, told, each = [], [], [], reflections.by_experiment()
    for _, rows in experiments.groups_sharing("images"):
        experiment = experiments[rows[0]]
        mine = np.sort(np.concatenate([each.array(i) for i in rows]))
        mask = _cold(experiment, rows[0], reflections["shoebox"][mine], params.hot_fraction)
        static = static_mask(experiment)
        masks.append(tuple(a & b for a, b in zip(static, mask)))
        found.append(pixel_rows([~cold for cold in mask]))
        told.append(HotPixelSet(rows[0], len(mine), PixelList.of(found[-1])))
    product = HotPixels(tuple(masks), tuple(found))
    return Result(experiments, reflections, FindHotPixelsSummary(sets=tuple(told)), product)


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
