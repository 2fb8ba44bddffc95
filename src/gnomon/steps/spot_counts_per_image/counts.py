"""What the spots of one image say of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.maths.crystal.ice import on_rings, powder_rings
from gnomon.models.experiment import Experiment
from gnomon.steps.spot_counts_per_image.ice import is_icy
from gnomon.steps.spot_counts_per_image.params import SpotCountsPerImageParams
from gnomon.steps.spot_counts_per_image.reach import resolution_limit
from gnomon.steps.spot_counts_per_image.summary import ImageCounts
from gnomon.steps.spot_counts_per_image.volume import SweptVolume


class Judge:
    """Judges images that share beam, detector and masks; safe to call from many threads."""

    def __init__(self, experiment: Experiment, masks: Sequence[np.ndarray], params: SpotCountsPerImageParams) -> None:
        self._volume = SweptVolume.of(experiment, masks)
        self._rings = powder_rings(float(1 / self._volume.edges[-1]))
        self._params = params

    def __call__(self, d: np.ndarray, intensity: np.ndarray) -> ImageCounts:
        """What spots with resolutions ``d`` (N,), Å, and ``intensity`` (N,), counts, say; total without ice."""
        p, s = self._params, 1 / d
        dry = ~on_rings(d, self._rings, p.ice_width)
        enough = dry.sum() >= p.min_spots
        return ImageCounts(
            n_spots=len(d),
            n_spots_no_ice=int(dry.sum()),
            total_intensity=float(intensity[dry].sum()),
            d_min=resolution_limit(s[dry], self._volume, p.least_density) if enough else None,
            ice=is_icy(s, self._rings, p.ice_width),
        )
