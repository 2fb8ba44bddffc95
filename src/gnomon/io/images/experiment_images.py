"""The images of an experiment as steps see them: of its detector's size, calibrated, and without shadow."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.buffers import Buffers
from gnomon.io.images.flex_pickles import unpickled_reals
from gnomon.io.images.masks import valid_counts
from gnomon.io.images.packed import PackedReader, in_two_steps
from gnomon.io.images.registry import ImageReader, open_images
from gnomon.io.inert_pickle import BROKEN
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment
from gnomon.models.scan import Scan

if TYPE_CHECKING:
    from gnomon.maths.geometry.shadow import Shadow


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


_INT32 = np.iinfo(np.int32)
UNCALIBRATED = int(_INT32.min)
"""Value of a pixel of no gain: below every trusted range, so that it is used no more than a masked one."""


def read_map(path: str, detector: Detector) -> tuple[np.ndarray, ...]:
    """The numbers of a lookup file, a (slow, fast) float32 array a panel.

    Raises InputError where it is missing, no such table, or of another detector.
    """
    try:
        found = _read(path, os.stat(path).st_mtime_ns)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such lookup file; check the name") from None
    except (OSError, *BROKEN) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: no table of numbers a pixel ({reason}); give one as DIALS reads it") from None
    needed, shapes = [panel.image_size[::-1] for panel in detector.panels], [values.shape for values in found]
    if shapes != needed:
        raise InputError(
            f"{path}: tables of {shapes[:2]} pixels, the detector has {needed[:2]}; give those of this one"
        )
    return found


@lru_cache(maxsize=4)
def _read(path: str, _: int) -> tuple[np.ndarray, ...]:
    return unpickled_reals(Path(path).read_bytes())


@dataclass(frozen=True)
class CalibratedReader:
    """A reader of images as if all pixels had the gain and the pedestal of their panel, rounded to whole counts.

    Counts beyond those that are valid stay as they are, and valid ones valid.
    """

    reader: ImageReader
    detector: Detector
    gains: Sequence[np.ndarray] | None
    pedestals: Sequence[np.ndarray] | None

    def read(self, number: int) -> tuple[np.ndarray, ...]:
        """A (slow, fast) int32 array a panel of image ``number``."""
        return self.unpack(self.fetch(number), Buffers())

    def fetch(self, number: int) -> Any:
        """What is on disk of image ``number``."""
        return in_two_steps(self.reader).fetch(number)

    def unpack(self, packed: Any, buffers: Buffers) -> tuple[np.ndarray, ...]:
        """A (slow, fast) int32 array a panel."""
        return tuple(
            map(self._calibrated, range(len(self.detector)), in_two_steps(self.reader).unpack(packed, buffers))
        )

    def _calibrated(self, i: int, pixels: np.ndarray) -> np.ndarray:
        panel = self.detector.panels[i]
        low, high = np.clip(valid_counts(panel), _INT32.min + 1, _INT32.max)
        valid = (pixels >= low) & (pixels <= high)
        net = pixels - (panel.pedestal if self.pedestals is None else self.pedestals[i].astype(float))
        if self.gains is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                net *= panel.gain / self.gains[i].astype(float)
        gained = np.isfinite(net) if self.gains is None else self.gains[i] > 0
        found = np.clip(np.rint(np.where(gained, net, 0.0) + panel.pedestal), low, high)
        return np.where(valid, np.where(gained, found, UNCALIBRATED), pixels).astype(np.int32)


def calibrated(reader: ImageReader, experiment: Experiment) -> ImageReader:
    """``reader`` of the experiment's images, calibrated by the maps that their set names; itself where it names none.

    Raises InputError as :func:`read_map`.
    """
    images, detector = experiment.images, experiment.detector
    if images is None or not (images.gain or images.pedestal):
        return reader
    gains = read_map(images.gain, detector) if images.gain else None
    pedestals = read_map(images.pedestal, detector) if images.pedestal else None
    return CalibratedReader(reader, detector, gains, pedestals)


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
    from gnomon.maths.geometry.shadow import Shadow

    return Shadow(goniometer_parts(content, "the shadow"), experiment.goniometer, experiment.detector)


def shadowed_angles(scan: Scan | None, number: int) -> tuple[float, float]:
    """Angles of the scan axis (degrees) at the start and the end of image ``number``."""
    return (float(scan.phi_at(number - 1)), float(scan.phi_at(number))) if scan else (0.0, 0.0)


def shadowed(experiment: Experiment, panel: np.ndarray, xyz: np.ndarray) -> np.ndarray:
    """(N,) bool: seen on a pixel that the goniometer hides during the image on which the reflection is.

    panel: (N,); xyz: (N, 3), pixels and images.
    """
    hidden, shadow = np.zeros(len(xyz), bool), shadow_of(experiment)
    if shadow is None:
        return hidden
    x, y, z = np.floor(xyz).astype(int).T
    first, last = experiment.image_range
    image = np.clip(z + 1, first, last)
    for number in np.unique(image).tolist():
        masks = shadow.on(*shadowed_angles(experiment.scan, number))
        for row in np.flatnonzero(image == number).tolist():
            hidden[row] = masks[int(panel[row])][y[row], x[row]]
    return hidden


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
