"""The beam centre from the mean image alone: its projections on the two axes of a panel.

Background of air and solvent lies evenly about the beam, so that a profile along an axis has its middle there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import uniform_filter1d

from gnomon.errors import InputError

BRIGHT_SHARE = 0.1
"""Of each row and column, the brightest pixels: Bragg spots, left out."""
WIDTH = 21
"""px over which profiles are smoothed: wider than a gap between modules."""
LEVELS = np.arange(0.3, 0.9, 0.01)
"""Of the height of a profile, at which its flanks are met (as of the field's midpoint method)."""
LEAST_PIXELS = 10
"""Of a row or column, that its mean is trusted."""


def profiles(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(nx,) and (ny,): mean counts of the columns and of the rows of ``image`` (ny, nx), which is nan where invalid.

    Smoothed; gaps are bridged by straight lines. Raises InputError where no pixel is valid.
    """
    if not np.isfinite(image).any():
        raise InputError("no pixel of the images is valid; check mask and trusted_range")
    return _profile(image, 0), _profile(image, 1)


def _profile(image: np.ndarray, axis: int) -> np.ndarray:
    count = np.isfinite(image).sum(axis=axis)
    good = np.flatnonzero(count >= min(LEAST_PIXELS, count.max()))
    ranked = np.sort(image, axis=axis).T if axis == 0 else np.sort(image, axis=axis)  # lines; nan last
    kept = np.arange(ranked.shape[1]) < np.ceil((1 - BRIGHT_SHARE) * count[:, None])
    mean = np.where(kept, ranked, 0.0).sum(axis=1)[good] / kept.sum(axis=1)[good]
    return uniform_filter1d(np.interp(np.arange(image.shape[1 - axis]), good, mean), WIDTH, mode="nearest")


def midpoint(profile: np.ndarray) -> float:
    """px: the median over levels of the middle between the outermost places where the profile is as high.

    Levels at which a flank is cut off by the panel's edge do not count. Raises InputError where none is whole.
    """
    low, high = profile.min(), profile.max()
    middles = []
    for level in LEVELS:
        above = np.flatnonzero(profile >= low + level * (high - low))
        if len(above) and above[0] > 0 and above[-1] < len(profile) - 1:
            middles.append((above[0] + above[-1] + 1) / 2)
    if not middles:
        raise InputError("the mean image has no two flanks to be in the middle of; take another method")
    return float(np.median(middles))


def maximum(profile: np.ndarray) -> float:
    """px: where the profile is highest; the middle of those places where it is so to a thousandth."""
    top = np.flatnonzero(profile >= profile.max() - 1e-3 * (profile.max() - profile.min()))
    return float(top.mean() + 0.5)


def inversion(profile: np.ndarray, near: float, reach: float) -> float:
    """px: the centre, within ``reach`` px of ``near``, about which the profile is most like its mirror image.

    By correlation over as many pixels each way as fit on the panel for every centre, on steps of half a pixel.
    """
    n = len(profile)
    twice = np.arange(max(2, round(2 * (near - reach))), min(2 * n - 2, round(2 * (near + reach))) + 1)
    if not len(twice):
        raise InputError(
            "the present beam centre is not on the panel; give a larger mm_search_scope, or another method"
        )
    window = int(min(twice.min(), 2 * n - twice.max()) // 2)
    if window < WIDTH:
        raise InputError("the beam may be too near the panel's edge to compare both sides; take another method")
    scores = [_likeness(profile, int(t), window) for t in twice]
    return float(twice[int(np.argmax(scores))] / 2)


def _likeness(profile: np.ndarray, twice: int, window: int) -> float:
    """Correlation of ``window`` pixels on either side of the centre ``twice`` / 2 px."""
    right = np.arange(-(-twice // 2), -(-twice // 2) + window)
    left = twice - 1 - right
    inside = (right < len(profile)) & (left >= 0)
    a, b = profile[right[inside]], profile[left[inside]]
    if min(a.std(), b.std()) == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


Finder = Callable[[np.ndarray, float, float], float]
FINDERS: dict[str, Finder] = {
    "midpoint": lambda profile, near, reach: midpoint(profile),
    "maximum": lambda profile, near, reach: maximum(profile),
    "inversion": inversion,
}
"""By method: the centre (px) in a profile, near a place, within a reach, both px."""
