"""How bright shadows are, by the counts of the same resolution in light."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.io.images.masks import static_mask, valid_counts
from gnomon.maths.images.usable_pixels import pixel_resolution
from gnomon.models.experiment import Experiment

_RINGS = 100
_FEWEST = 100
"""Pixels a ring must have in light to be compared with: a spot makes few of them."""
_ROUNDS = 4
"""After which caps of counts hardly change."""


class Brightness:
    """Compares parts of images that share beam, detector and masks; safe to call from many threads."""

    def __init__(self, experiment: Experiment) -> None:
        self._use = static_mask(experiment)
        self._trusted = [valid_counts(panel) for panel in experiment.detector.panels]
        s = [1 / pixel_resolution(experiment, i) for i in range(len(self._use))]
        top = max(float(panel.max()) for panel in s)
        self._ring = [np.minimum(panel / top * _RINGS, _RINGS - 1).astype(np.int16) for panel in s]

    def __call__(
        self, image: Sequence[np.ndarray], shaded: Sequence[np.ndarray], rim: int
    ) -> tuple[float | None, float | None]:
        """Counts in the shadow, and in a strip ``rim`` pixels wide outside it, over those expected in light.

        image: (ny, nx) a panel; shaded: (ny, nx) bool. Expected of a pixel is the background of its ring of 1/d
        further from the shadow; None where there is no pixel to compare.
        """
        valid = [u & (p >= low) & (p <= high) for u, p, (low, high) in zip(self._use, image, self._trusted)]
        near = [_widened(mask, rim) for mask in shaded]
        light = [v & ~n for v, n in zip(valid, near)]
        rings = np.concatenate([ring[lit] for ring, lit in zip(self._ring, light)])
        mean, cap = _background(np.concatenate([p[lit] for p, lit in zip(image, light)]), rings)
        inside = [v & s for v, s in zip(valid, shaded)]
        outside = [v & n & ~s for v, n, s in zip(valid, near, shaded)]
        return self._ratio(image, inside, mean, cap), self._ratio(image, outside, mean, cap)

    def _ratio(
        self, image: Sequence[np.ndarray], where: list[np.ndarray], mean: np.ndarray, cap: np.ndarray
    ) -> float | None:
        seen = expected = 0.0
        for pixels, ring, here in zip(image, self._ring, where):
            at = here & (mean[ring] > 0)
            rings = ring[at]
            seen += float(np.minimum(pixels[at], cap[rings]).sum())
            expected += float(mean[rings].sum())
        return seen / expected if expected else None


def _background(counts: np.ndarray, ring: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(_RINGS,) means of ``counts`` (n,) in each ring of (n,), and the count above which no pixel adds to them.

    Bragg spots are cut at twice the mean and two counts more, and the mean taken anew; 0 in rings of few pixels.
    """
    number = np.bincount(ring, minlength=_RINGS)
    cap = np.full(_RINGS, np.inf)
    mean = np.zeros(_RINGS)
    for _ in range(_ROUNDS):
        total = np.bincount(ring, np.minimum(counts, cap[ring]), _RINGS)
        np.divide(total, number, out=mean, where=number >= _FEWEST)
        cap = 2 * mean + 2
    return mean, cap


def _widened(mask: np.ndarray, rim: int) -> np.ndarray:
    """The mask and what is no more than ``rim`` pixels away from it along fast and slow."""
    from scipy.ndimage import maximum_filter1d  # slow to import: only where there is a shadow

    wide: np.ndarray = mask.view(np.uint8)
    for axis in (0, 1) if mask.any() else ():
        wide = maximum_filter1d(wide, 2 * rim + 1, axis=axis, mode="constant")
    return wide.view(np.bool_)
