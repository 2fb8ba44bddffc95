"""What can be said of one image by itself: its spots, their number and reach."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence

import numpy as np

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments
from gnomon.io.images.arrivals import Arrival
from gnomon.io.images.frame import Frame
from gnomon.io.images.masks import static_mask
from gnomon.io.images.registry import ImageReader
from gnomon.maths.geometry.resolutions import resolutions
from gnomon.maths.images.usable_pixels import usable_pixels
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.imageset import ImageSet
from gnomon.models.scan import Scan
from gnomon.process.watch.params import WatchParams
from gnomon.steps.find_spots.bad_images import too_many_strong, whole_of
from gnomon.steps.find_spots.looked_at import LookedAt
from gnomon.steps.find_spots.spots import find_components, gather
from gnomon.steps.find_spots.threshold import StrongPixels, counts_of, threshold_for
from gnomon.steps.import_.corrected import corrected_frames
from gnomon.steps.spot_counts_per_image.counts import Judge
from gnomon.steps.spot_counts_per_image.params import SpotCountsPerImageParams
from gnomon.steps.spot_counts_per_image.summary import ImageCounts

Finder = Callable[[Sequence[np.ndarray]], list[StrongPixels]]
"""What finds the strong pixels of an image, a list of panels."""


class Look:
    """Reads and judges the images of one template, whose geometry is that of the first; safe in many threads."""

    def __init__(self, first: Arrival, frame: Frame, reader: ImageReader, given: WatchParams) -> None:
        """frame: the models of ``first``, as its header has them; what is ``given`` overrules them, as in import.

        Raises InputError where neither tells the geometry, or its file's mask cannot be read (yet).
        """
        params, changes = given.finding(), given.correcting()
        reference = read_experiments(changes.reference_geometry) if changes.reference_geometry else None
        (frame,) = corrected_frames([frame], [first.number], changes, reference)
        mask = None if given.mask is None else os.path.abspath(given.mask)
        self.experiment = Experiment(
            beam=frame.beam,
            detector=frame.detector,
            goniometer=frame.goniometer,
            scan=Scan((first.number, first.number), frame.oscillation),
            images=ImageSet(template=first.template, mask=mask),
        )
        self._params = params
        self._reader = reader
        self._use = usable_pixels(self.experiment, static_mask(self.experiment), params)
        self._threshold: Finder | None = None
        self._lock = threading.Lock()
        self._judge = Judge(self.experiment, self._use, SpotCountsPerImageParams())
        self._size = int(self.experiment.detector.image_sizes.prod(axis=1).sum())

    def read(self, number: int) -> tuple[np.ndarray, ...]:
        """The pixels. Raises InputError where the image is not whole."""
        return self._reader.read(number)

    def looked_at(self, pixels: tuple[np.ndarray, ...]) -> LookedAt:
        """The strong pixels, and what the image is as a whole."""
        strong = self._threshold_told_by(pixels)(pixels)
        return LookedAt(strong, whole_of(pixels, self._use, strong))

    def judge(self, strong: list[StrongPixels]) -> ImageCounts:
        """What the spots say. Raises InputError where far too many pixels are strong for them to be spots."""
        fraction = sum(len(panel.index) for panel in strong) / self._size
        if fraction > self._params.max_strong_pixel_fraction:
            raise InputError(too_many_strong(fraction, self.experiment.detector, self._params))
        detector = self.experiment.detector
        spots, _ = find_components(gather([(0, strong)], detector), detector, self._params)
        d = resolutions(Experiments.of([self.experiment]), spots)
        return self._judge(d, spots["intensity.sum.value"])

    def _threshold_told_by(
        self, pixels: tuple[np.ndarray, ...]
    ) -> Callable[[Sequence[np.ndarray]], list[StrongPixels]]:
        """The test for strong pixels that suits the camera, as the first image that was read tells."""
        with self._lock:
            if self._threshold is None:
                kind = counts_of(pixels, self._use, self.experiment.detector.panels)
                self._threshold = threshold_for(self.experiment, self._use, self._params, signed=kind.signed)
            return self._threshold
