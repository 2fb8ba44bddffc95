"""What the header of a file of many images says of all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.models.goniometer import AnyGoniometer


@dataclass(frozen=True, eq=False)
class Header:
    """The models, and the angles of the axis that turns."""

    beam: Beam
    detector: Detector
    goniometer: AnyGoniometer | None
    angles: np.ndarray  # starts of the images, or one for all, degrees
    increment: float  # rotation during an image, degrees, for where the angles do not tell
    exposure_time: float  # s
    image_size: tuple[int, int]  # slow, fast: of the whole data set
    n_images: int = 0  # how many were asked for; 0 where the file does not say
