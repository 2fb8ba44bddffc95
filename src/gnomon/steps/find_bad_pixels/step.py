"""find_bad_pixels: pixels that stand out from their neighbours on most images, whatever is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.io.images.experiment_images import images_of
from gnomon.io.images.masks import Masks, static_mask, valid_counts
from gnomon.kernels.outlying import DEAD, GOOD, HOT, NO_DATA, WARM, add_image, classify
from gnomon.maths.images.listed_pixels import PixelList, pixel_rows
from gnomon.models.detector import Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import HERE, Context, Result, require_images, require_range
from gnomon.steps.find_bad_pixels.params import FindBadPixelsParams
from gnomon.steps.find_bad_pixels.summary import BadPixelSet, FindBadPixelsSummary

_PARTS = 3
_FEWEST = 2 * _PARTS
_KINDS = {"no data": NO_DATA, "hot": HOT, "dead": DEAD, "warm": WARM}


@dataclass(frozen=True, eq=False)
class BadPixels:
    """Of each set of images: a mask without the bad pixels, and by kind (n, 3) int rows of panel, x, y."""

    masks: tuple[Masks, ...]
    found: tuple[Mapping[str, np.ndarray], ...]


def find_bad_pixels(
    experiments: Experiments,
    reflections: Reflections,
    params: FindBadPixelsParams,
    context: Context = HERE,
) -> Result[FindBadPixelsSummary, BadPixels]:
    """The experiments and reflections as they are; the product has a mask for each set of images, and lists of pixels.

    Masks are as of generate_mask: the static mask less the bad pixels. A pixel is bad that is so in the first, the
    middle and the last third of the images: no Bragg spot lasts that long. Memory is 17 bytes a pixel, whatever the
    number of images. Raises InputError where there are fewer than six images.
    """
    require_images("find_bad_pixels", experiments)
    sets = [(experiments[rows[0]], rows[0]) for _, rows in experiments.groups_sharing("images")]
    chosen = [_chosen(experiment, number, params) for experiment, number in sets]
    total, done = sum(map(len, chosen)), 0

    def tick() -> None:
        nonlocal done
        done += 1
        if context.progress is not None:
            context.progress("looking for bad pixels", done, total)

    masks, found, told = [], [], []
    for (experiment, number), images in zip(sets, chosen):
        static = static_mask(experiment)
        kinds = _kinds(experiment, static, images, params, context.workers, tick)
        masks.append(tuple(mask & (kind == GOOD) for mask, kind in zip(static, kinds)))
        found.append({name: pixel_rows([kind == code for kind in kinds]) for name, code in _KINDS.items()})
        told.append(BadPixelSet(number, len(images), {name: PixelList.of(rows) for name, rows in found[-1].items()}))
    product = BadPixels(tuple(masks), tuple(found))
    return Result(experiments, reflections, FindBadPixelsSummary(sets=tuple(told)), product)


def _kinds(
    experiment: Experiment,
    masks: Masks,
    images: list[int],
    params: FindBadPixelsParams,
    workers: Workers,
    tick: Callable[[], None],
) -> list[np.ndarray]:
    """What each pixel of each panel is, (ny, nx) uint8."""
    reader = images_of(experiment)
    kinds: list[np.ndarray] = []
    for part in np.array_split(images, _PARTS):
        sums = [_Sums(panel, mask) for panel, mask in zip(experiment.detector.panels, masks)]
        for image in workers.map(reader.read, part.tolist()):
            for panel, pixels in zip(sums, image):
                panel.add(pixels, params)
            tick()
        found = [panel.kinds(params) for panel in sums]
        kinds = [_both(a, b) for a, b in zip(kinds, found)] if kinds else found
    return kinds


def _both(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """What is wrong in both parts; a pixel that is hot in one and warm in the other is warm."""
    bright = np.isin(a, (HOT, WARM)) & np.isin(b, (HOT, WARM))
    return np.where(a == b, a, np.where(bright, WARM, GOOD)).astype(np.uint8)


class _Sums:
    """What some images together say about the pixels of one panel."""

    def __init__(self, panel: Panel, mask: np.ndarray) -> None:
        self._gain = float(panel.gain)
        self._range = valid_counts(panel)
        self._mask = mask
        self._total = np.zeros(mask.shape)
        self._hot, self._seen = np.zeros(mask.shape, np.int32), np.zeros(mask.shape, np.int32)

    def add(self, pixels: np.ndarray, params: FindBadPixelsParams) -> None:
        """Let one image in."""
        image = np.ascontiguousarray(pixels, np.int32)
        add_image(image, self._mask, *self._range, self._gain, params.sigma, self._total, self._hot, self._seen)

    def kinds(self, params: FindBadPixelsParams) -> np.ndarray:
        """(ny, nx) uint8: GOOD, or what is wrong."""
        kind = np.empty(self._mask.shape, np.uint8)
        tests = self._gain, params.sigma, params.hot_fraction, params.factor
        classify(self._total, self._hot, self._seen, self._mask, *tests, kind)
        return kind


def _chosen(experiment: Experiment, number: int, params: FindBadPixelsParams) -> list[int]:
    """The images to look at, ascending. Raises InputError where they are too few, or not there."""
    if params.images:
        wanted = sorted(set(params.images))
        require_range(f"images={wanted[0]},...,{wanted[-1]}", wanted[0], wanted[-1], experiment, number)
    else:
        low, high = params.image_range or experiment.image_range
        require_range(f"image_range={low},{high}", low, high, experiment, number)
        wanted = list(range(low, high + 1))
    if len(wanted) < _FEWEST:
        raise InputError(
            f"find_bad_pixels needs {_FEWEST} images to tell a bad pixel from a spot, experiment {number} gives "
            f"{len(wanted)}; widen image_range or give more images"
        )
    if not params.images and len(wanted) > params.max_images:
        at = np.linspace(0, len(wanted) - 1, params.max_images).round().astype(int)
        wanted = [wanted[i] for i in at]
    return wanted
