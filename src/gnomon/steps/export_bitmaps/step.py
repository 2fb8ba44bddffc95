"""export_bitmaps: images as pictures, made one by one when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np

from gnomon.io.images.experiment_images import calibrated, images_of, unshadowed
from gnomon.io.images.masks import static_mask, valid_counts
from gnomon.io.images.registry import ImageReader
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_images, require_range
from gnomon.steps.export_bitmaps.layout import Layout, as_seen, side_by_side
from gnomon.steps.export_bitmaps.params import ExportBitmapsParams
from gnomon.steps.export_bitmaps.rings import rings_of
from gnomon.steps.export_bitmaps.shades import MASKED, RING, SATURATED, binned, darkness, palette, shown_values
from gnomon.steps.export_bitmaps.summary import ExportBitmapsSummary

THRESHOLDS = ("sigma_b", "sigma_s", "global_threshold", "threshold")
Label = tuple[int, int, str]
"""x and y on a picture, px, and the word there."""


@dataclass(frozen=True, eq=False)
class _Set:
    """What the images of a set have in common; its pictures can be made in many threads."""

    experiment: Experiment
    params: ExportBitmapsParams

    @cached_property
    def _reader(self) -> ImageReader:
        return unshadowed(calibrated(images_of(self.experiment), self.experiment), self.experiment)

    @cached_property
    def _masks(self) -> tuple[np.ndarray, ...]:
        return static_mask(self.experiment)

    @cached_property
    def layout(self) -> Layout:
        """Where its panels are."""
        if self.params.projection == "lab":
            return as_seen(self.experiment)
        return side_by_side(self.experiment, self.params.padding)

    @cached_property
    def _rings(self) -> list[tuple[float, np.ndarray]]:
        """Resolutions, Å, and (ny, nx) bool: where they are on the picture."""
        return [(d, self._cut(self.layout.of(panels))) for d, panels in rings_of(self.experiment, self.params)]

    def _cut(self, values: np.ndarray) -> np.ndarray:
        return binned(values, self.params.binning)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, px."""
        ny, nx = self.layout.panel.shape
        return nx // self.params.binning, ny // self.params.binning

    @property
    def labels(self) -> list[Label]:
        """The words on its pictures: the resolution of each ring, where it is highest up."""
        found = []
        for d, ring in self._rings:
            y, x = np.nonzero(ring)
            if len(x):
                found.append((int(x[0]), int(y[0]), f"{d:.2f}"))
        return found

    def picture(self, image: int) -> np.ndarray:
        """(ny, nx, 3) uint8."""
        params, panels = self.params, list(self._reader.read(image))
        limits = [valid_counts(panel) for panel in self.experiment.detector.panels]
        use = [m & (p >= low) & (p <= high) for p, m, (low, high) in zip(panels, self._masks, limits)]
        values = shown_values(panels, use, params)
        shown = self._cut(self.layout.of(values))
        if params.display in THRESHOLDS:
            shades = (255 * shown).astype(np.uint8)
        else:
            usable = np.concatenate([one[u] for one, u in zip(values, use)])
            shades = darkness(shown, usable, params.brightness)
        out = palette(params.colour_scheme)[shades]
        if params.saturation > 0:
            out[self._cut(self.layout.of(panels)) > params.saturation] = SATURATED
        if params.show_mask:
            out[self._cut(self.layout.of([~one for one in use]))] = MASKED
        for _, ring in self._rings:
            out[ring] = RING
        return out


class Bitmaps(Sequence[np.ndarray]):
    """The pictures (ny, nx, 3) uint8, each made when it is asked for; safe to ask from many threads."""

    def __init__(self, sets: Sequence[_Set], images: Sequence[tuple[int, int]]) -> None:
        self._sets, self.images = sets, images

    def __len__(self) -> int:
        return len(self.images)

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[np.ndarray]: ...
    def __getitem__(self, index: int | slice) -> np.ndarray | Sequence[np.ndarray]:
        if isinstance(index, slice):
            return Bitmaps(self._sets, self.images[index])
        number, image = self.images[index]
        return self._sets[number].picture(image)

    def labels(self, index: int) -> list[Label]:
        """The words on a picture."""
        return self._sets[self.images[index][0]].labels


def export_bitmaps(
    experiments: Experiments, reflections: Reflections, params: ExportBitmapsParams
) -> Result[ExportBitmapsSummary, Bitmaps]:
    """Experiments and reflections as they are; the product has the pictures, in the order of images.

    Raises InputError without images, and where image_range is not among them.
    """
    require_images("export_bitmaps", experiments)
    sets, images = [], []
    for number, (_, rows) in enumerate(experiments.groups_sharing("images")):
        e = experiments[rows[0]]
        first, last = params.image_range or e.image_range
        require_range("image_range", first, last, e, rows[0])
        sets.append(_Set(e, params))
        images += [(number, image) for image in range(first, last + 1)]
    summary = ExportBitmapsSummary(display=params.display, images=tuple(images), size=sets[0].size)
    return Result(experiments, reflections, summary, Bitmaps(sets, images))
