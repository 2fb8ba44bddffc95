"""Geometry that no instrument has: what was written in another unit than was meant."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gnomon.models.beam import Beam
from gnomon.models.detector import Detector

_DISTANCES = (10.0, 20_000.0)
_PIXELS = (0.003, 1.0)
"""mm, from the nearest detector of an electron microscope to the longest camera of small-angle scattering, and from the
finest CCD to the coarsest image plate: beyond them a unit is wrong."""
_WAVELENGTHS = (0.01, 10.0)
"""Å, from electrons of 1 MeV to the softest X-rays that reach a detector from a crystal."""


def doubts_about(beam: Beam, detector: Detector) -> Iterator[str]:
    """In words, what can hardly be believed, with the parameter that mends it."""
    distance = float(np.abs(np.einsum("ni,ni->n", detector.normals, detector.frames[:, :, 2])).min())
    if not _DISTANCES[0] <= distance <= _DISTANCES[1]:
        yield f"a distance of {distance:g} mm is hard to believe; give distance=... in mm"
    smallest, largest = detector.pixel_sizes.min(axis=0), detector.pixel_sizes.max(axis=0)
    if smallest.min() < _PIXELS[0] or largest.max() > _PIXELS[1]:
        fast, slow = detector.pixel_sizes[0]
        yield f"pixels of {fast:g} x {slow:g} mm are hard to believe; give pixel_size=... in mm"
    if not _WAVELENGTHS[0] <= beam.wavelength <= _WAVELENGTHS[1]:
        yield f"a wavelength of {beam.wavelength:g} Å is hard to believe; give wavelength=... in Å"
