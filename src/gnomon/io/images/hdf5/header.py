"""What the header of a file of many images says of all of them."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.io.images.hdf5.scan import Turning
from gnomon.io.images.untold import Note
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.models.goniometer import AnyGoniometer


@dataclass(frozen=True, eq=False)
class Header:
    """The models, and how the axis turns."""

    beam: Beam
    detector: Detector
    goniometer: AnyGoniometer | None
    turning: Turning  # of the axis that turns
    exposure_time: float  # s
    image_size: tuple[int, int]  # slow, fast: of the whole data set
    n_images: int = 0  # how many were asked for; 0 where the file does not say
    untold: tuple[str, ...] = ()  # as Frame has it
    notes: tuple[Note, ...] = ()
