"""The images of an experiment, which have the size that its detector has: else masks and pixels would not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.buffers import Buffers
from gnomon.io.images.packed import PackedReader, in_two_steps
from gnomon.io.images.registry import open_images
from gnomon.models.experiment import Experiment


@dataclass(frozen=True)
class FittedReader:
    """A reader of images that have the panels of the experiment's detector."""

    reader: PackedReader
    shapes: tuple[tuple[int, int], ...]  # slow, fast of each panel
    name: str

    def read(self, number: int) -> tuple[np.ndarray, ...]:
        """A (slow, fast) int32 array a panel of image ``number``. Raises InputError where it is of another size."""
        return self.unpack(self.fetch(number), Buffers())

    def fetch(self, number: int) -> Any:
        """What is on disk of image ``number``."""
        return self.reader.fetch(number)

    def unpack(self, packed: Any, buffers: Buffers) -> tuple[np.ndarray, ...]:
        """A (slow, fast) int32 array a panel, in ``buffers``."""
        panels = self.reader.unpack(packed, buffers)
        found = tuple(panel.shape for panel in panels)
        if found != self.shapes:
            have, needed = (", ".join(f"{nx} x {ny}" for ny, nx in sizes[:3]) for sizes in (found, self.shapes))
            raise InputError(
                f"{self.name}: images of {len(found)} panels ({have} pixels), the experiment's detector has "
                f"{len(self.shapes)} ({needed}); import the images again"
            )
        return panels


def images_of(experiment: Experiment) -> FittedReader:
    """A thread-safe reader of the experiment's images. Raises InputError as :func:`open_images`."""
    reader = in_two_steps(open_images(experiment.images))
    shapes = tuple(panel.image_size[::-1] for panel in experiment.detector.panels)
    images = experiment.images
    return FittedReader(reader, shapes, (images and (images.template or images.paths[0])) or "images")
