"""The scale of each image beside the others of its sweep, by equivalents as far as there are any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.crystal.symmetry import Group
from gnomon.maths.images.odd_images import standing_out
from gnomon.maths.intensities.merging import group_equivalents
from gnomon.maths.intensities.normalised import Observations

LEAST, SURE = float(np.log(1.3)), 6.0
"""An image is odd where its scale is off by 1.3, and by so many standard errors: curves along the scan follow less."""
BESIDE, BESIDE_SURE = float(np.log(1.1)), 3.0
"""Images next to an odd one go with it where they are off the same way by more than this, and so many errors."""
FEWEST = 10  # observations on an image, to know its scale and the error
_UNLIKE = 0.3  # relative spread of equivalents on a sweep that is not scaled: absorption, decay, the beam
_LARGEST = 10.0  # of an intensity over its mean: what is stronger counts as this


@dataclass(frozen=True)
class ImageScales:
    """(n,) of each image: its scale, about 1, and the standard error, which is inf where few observations tell it."""

    scale: np.ndarray
    error: np.ndarray

    def odd(self, reach: int) -> np.ndarray:
        """(n,) the factor by which the scale is off that of the images around, where it is odd; 1 elsewhere.

        reach: images over which one odd image shows. Longer stretches are not odd: their scale steps, and can be told.
        """
        known = np.flatnonzero(np.isfinite(self.error))
        scale, error = self.scale[known], self.error[known]
        if not len(known) or not np.median(scale) > 0:
            return np.ones(len(self.scale))
        level = np.log(np.maximum(scale, 1e-2 * np.median(scale)))
        found = standing_out(level, LEAST, reach, longest=2 * reach)
        usual = np.exp(level - found)
        found[np.abs(scale - usual) < SURE * error] = 0.0
        factor = np.ones(len(self.scale))
        factor[known] = np.exp(_with_neighbours(found, level, error / usual, reach))
        return factor


def image_scales(obs: Observations, image: np.ndarray, n: int, group: Group) -> ImageScales:
    """The scales of the ``n`` images of one experiment, by its observations on each ``image`` (N,), from 0.

    What is expected of an observation is the mean of its equivalents, drawn to that of its resolution as far as these
    are uncertain (a normal prior of mean 1 and variance 1 in E²; Wilson 1949); the scale is a weighted ratio to that.
    """
    groups = group_equivalents(obs.hkl, group)
    e2 = np.clip(obs.e2, -_LARGEST, _LARGEST)
    number = groups.counts[groups.label]
    others = (groups.sum(e2)[groups.label] - e2) / np.maximum(number - 1, 1)
    noise = (groups.sum(obs.e2_noise)[groups.label] - obs.e2_noise) / np.maximum(number - 1, 1) ** 2
    left = np.where(number > 1, noise / (1 + noise), 1.0)  # the variance of what is expected
    expected = left + (1 - left) * others
    weight = 1 / (obs.e2_noise + left + (_UNLIKE * expected) ** 2)
    above, below = (np.bincount(image, weight * expected * value, n) for value in (e2, expected))
    scale = above / np.where(below > 0, below, 1.0)
    off = weight * expected * (e2 - scale[image] * expected)
    error = np.sqrt(np.bincount(image, off**2, n)) / np.where(below > 0, below, 1.0)
    floor = 1 / np.sqrt(np.where(below > 0, below, 1.0))  # of counting and of equivalents
    told = (below > 0) & (np.bincount(image, minlength=n) >= FEWEST)
    return ImageScales(scale, np.where(told, np.maximum(error, floor), np.inf))


def _with_neighbours(found: np.ndarray, level: np.ndarray, error: np.ndarray, reach: int) -> np.ndarray:
    """What was ``found`` (n,), and by how much those next to it, within ``reach`` images, are off the same way."""
    more = found.copy()
    for k in np.flatnonzero(found):
        usual = level[k] - found[k]
        for way in (-1, 1):
            for i in range(k + way, k + way * reach, way):
                off = level[i] - usual if 0 <= i < len(level) else 0.0
                if off * np.sign(found[k]) <= max(BESIDE, BESIDE_SURE * error[i % len(level)]):
                    break
                more[i] = more[i] or off
    return more
