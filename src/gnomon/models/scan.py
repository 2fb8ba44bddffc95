"""The scan: which images, and the rotation angle of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gnomon.models.model import Model

STILL_WIDTH = 1e-4
"""Degrees an image, below which the crystal stands still: goniometers turn in steps of this size, the sharpest crystals
reflect over 50 times as much, and headers of stills that tell a width at all tell some 1e-6 or less."""
ImageRange = tuple[int, int]
"""The first and the last image of a stretch, inclusive."""


@dataclass(frozen=True, eq=False)
class Scan(Model):
    """Image numbers (inclusive, from 1) and the oscillation (start of the first image and width, degrees).

    z is in images: image number j covers z in [j - 1, j), so z of the first image starts at
    ``image_range[0] - 1`` and phi = start + width (z - (first - 1)).
    """

    image_range: tuple[int, int]
    oscillation: tuple[float, float]
    exposure_time: np.ndarray | None = None  # (n,), s
    epochs: np.ndarray | None = None  # (n,), s
    batch_offset: int = 0
    valid_image_ranges: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n_images(self) -> int:
        """How many images."""
        return self.image_range[1] - self.image_range[0] + 1

    @property
    def array_range(self) -> tuple[int, int]:
        """The half-open range of z: (first - 1, last)."""
        return self.image_range[0] - 1, self.image_range[1]

    @property
    def is_still(self) -> bool:
        """Whether the crystal stands still during an exposure."""
        return abs(self.oscillation[1]) < STILL_WIDTH

    @property
    def oscillation_range(self) -> tuple[float, float]:
        """Rotation angle at the start of the first and the end of the last image, degrees."""
        start, width = self.oscillation
        return start, start + width * self.n_images

    def valid_ranges(self, identifier: str) -> tuple[ImageRange, ...]:
        """First and last image, inclusive and rising, of each stretch that counts for an experiment of this scan.

        All images where nothing is said of it, as in DIALS. An image that does not count held no diffraction, or was
        excluded by hand: from refinement on nothing is taken from it.
        """
        low, high = self.image_range
        told = self.valid_image_ranges.get(identifier) or ()
        within = [(max(int(a), low), min(int(b), high)) for a, b in told]
        return tuple(sorted((a, b) for a, b in within if a <= b)) or (self.image_range,)

    def phi_at(self, z: Any) -> Any:
        """Rotation angle (degrees) at ``z`` (images)."""
        start, width = self.oscillation
        return start + width * (np.asarray(z) - self.array_range[0])

    def z_at(self, phi: Any) -> Any:
        """z (images) at the rotation angle ``phi`` (degrees); no wrapping."""
        start, width = self.oscillation
        return self.array_range[0] + (np.asarray(phi) - start) / width
