"""Single images that stand out from those around them: a flicker of the beam, half a readout, a flood of hot pixels.

What an image shows (a background, a number of spots, a scale) is held against the median of the nine images about it
(Tukey 1977, Exploratory Data Analysis, section 7A), which follows slopes and steps and ignores up to four odd ones.
"""

from __future__ import annotations

import numpy as np

AROUND = 9
"""Images, this one included, whose median an image is held against; fewer are not judged."""
SURE = 6.0
"""Robust standard deviations of images from their medians by which an odd one lies off."""
ABRUPT = 2.0, 4.0
"""Times the largest change from one image to the next near by; the second at an end of the scan, with but one side."""
_MOST = 0.6  # of the steps near by
_MAD = 1.4826  # of a normal distribution: standard deviation over median absolute deviation


def standing_out(level: np.ndarray, least: float, reach: int = 1, longest: int = AROUND) -> np.ndarray:
    """(n,) by how much each image's ``level`` (n,) is off that of the images around, where it is odd; 0 elsewhere.

    Odd is what lies off by ``least`` or more, and by ``SURE`` times what images usually do, and breaks off so on both
    sides, where the images near by change by much less: what rises or falls along the scan is not. reach: images over
    which one that is odd shows, more than 1 where reflections are spread over several. longest: images that may be odd
    one after the other.
    """
    off = level - _medians(level, AROUND + 4 * (reach - 1))
    limit = max(least, SURE * _MAD * float(np.median(np.abs(off)))) if len(off) else least
    odd = np.abs(off) > limit
    found = np.zeros(len(level))
    for run in _runs(odd):
        sides = (run[0], run[0] - reach), (run[-1], run[-1] + reach)
        jumps = [abs(level[i] - level[k]) for i, k in sides if 0 <= k < len(odd)]
        steady = ABRUPT[len(jumps) == 1] * _largest_step(level, odd, run, reach)
        if len(run) <= longest and min(jumps, default=0.0) > max(limit, steady):
            found[run] = off[run]
    return found


def _runs(odd: np.ndarray) -> list[np.ndarray]:
    """The numbers of odd images that follow each other."""
    numbers = np.flatnonzero(odd)
    return np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1) if len(numbers) else []


def _largest_step(level: np.ndarray, odd: np.ndarray, run: np.ndarray, reach: int) -> float:
    """The largest change over ``reach`` images, of those near the ``run`` that are not odd, or of most of all."""
    near = slice(max(int(run[0]) - reach * (AROUND // 2 + 1), 0), int(run[-1]) + reach * (AROUND // 2 + 1) + 1)
    usual, steps = ~odd[near], np.abs(level[near][reach:] - level[near][:-reach])
    if not len(steps):
        return np.inf
    return max(float(np.quantile(steps, _MOST)), float(steps[usual[reach:] & usual[:-reach]].max(initial=0.0)))


def _medians(level: np.ndarray, around: int) -> np.ndarray:
    """(n,) of the nearest ``around`` levels (n,), at the ends of the first and of the last ones; itself where fewer."""
    n = len(level)
    if n < around:
        return level
    middle = np.clip(np.arange(n) - around // 2, 0, n - around)
    found: np.ndarray = np.median(np.lib.stride_tricks.sliding_window_view(level, around), axis=1)[middle]
    return found
