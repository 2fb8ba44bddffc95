"""Images whose pixels differ in gain or pedestal, as maps tell, made alike for all that counts photons in them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.buffers import Buffers
from gnomon.io.images.masks import valid_counts
from gnomon.io.images.offset_pickle import unpickled_reals
from gnomon.io.images.packed import in_two_steps
from gnomon.io.images.registry import ImageReader
from gnomon.io.inert_pickle import BROKEN
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment

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
