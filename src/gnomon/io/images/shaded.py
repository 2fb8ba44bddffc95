"""Images less what the goniometer hides, for all that looks for spots or counts photons in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.buffers import Buffers
from gnomon.io.images.packed import in_two_steps
from gnomon.io.images.registry import ImageReader
from gnomon.models.experiment import Experiment
from gnomon.models.scan import Scan

if TYPE_CHECKING:
    from gnomon.maths.shadow import Shadow

SHADED = int(np.iinfo(np.int32).min)
"""Value of a pixel in shadow: below every trusted range, so that it is used no more than a masked one."""


def shadow_of(experiment: Experiment) -> Shadow | None:
    """What the goniometer hides; None where that is not known, or dynamic shadowing is turned off.

    Raises InputError where dynamic shadowing is asked for without a description of the goniometer, or its
    description does not fit the goniometer.
    """
    params = experiment.images.params if experiment.images else {}
    wanted, content = params.get("dynamic_shadowing"), params.get("shadow")
    if wanted is False or not (content or wanted is True):
        return None
    if not content:
        raise InputError(
            "dynamic_shadowing=true, but what the goniometer's parts look like is not known; give shadow=FILE to "
            "apply_mask or import (docs/science/masks.md), or dynamic_shadowing=false"
        )
    from gnomon.io.shadow_file import goniometer_parts  # numba and scipy: only where there is a shadow
    from gnomon.maths.shadow import Shadow

    return Shadow(goniometer_parts(content, "the shadow"), experiment.goniometer, experiment.detector)


def shadowed_angles(scan: Scan | None, number: int) -> tuple[float, float]:
    """Angles of the scan axis (degrees) at the start and the end of image ``number``."""
    return (float(scan.phi_at(number - 1)), float(scan.phi_at(number))) if scan else (0.0, 0.0)


@dataclass(frozen=True)
class ShadedReader:
    """A reader of images in which pixels that are in shadow at any time of the exposure hold SHADED."""

    reader: ImageReader
    shadow: Shadow
    scan: Scan | None

    def read(self, number: int) -> tuple[np.ndarray, ...]:
        """A (slow, fast) int32 array a panel of image ``number``."""
        return self.unpack(self.fetch(number), Buffers())

    def fetch(self, number: int) -> tuple[int, Any]:
        """What is on disk of image ``number``."""
        return number, in_two_steps(self.reader).fetch(number)

    def unpack(self, packed: tuple[int, Any], buffers: Buffers) -> tuple[np.ndarray, ...]:
        """A (slow, fast) int32 array a panel, in ``buffers``."""
        number, content = packed
        read = in_two_steps(self.reader).unpack(content, buffers)
        panels = tuple(panel if panel.flags.writeable else panel.copy() for panel in read)
        self.shadow.cover(panels, *shadowed_angles(self.scan, number), SHADED)
        return panels


def unshadowed(reader: ImageReader, experiment: Experiment) -> ImageReader:
    """``reader`` of the experiment's images, less what the goniometer hides; itself where there is no shadow.

    Raises InputError as :func:`shadow_of` does.
    """
    shadow = shadow_of(experiment)
    return reader if shadow is None else ShadedReader(reader, shadow, experiment.scan)
