"""How well a centroid is known.

Spot finders write the variance of a centroid as s^2 / I + 1/12: counting statistics, and that of a position
anywhere within one pixel. The first alone is right for spots spread over several pixels: on simulated spots it is
the scatter about the truth within 5 % over three decades of intensity. What a real instrument, or a spot seen on one
image only, adds to it is measured here from the residuals themselves.
"""

from __future__ import annotations

import numpy as np

from gnomon.models.experiment import Experiment

ONE_PIXEL = 1 / 12
CUT, ONE_IMAGE, TWO_IMAGES, MORE_IMAGES = range(4)
FIRST_EXCESS = np.array([[0.02, 0.02, 0.5], [0.02, 0.02, ONE_PIXEL], [0.02, 0.02, 0.02], [0.02, 0.02, 0.01]])
SMALLEST_EXCESS = 1e-4  # image^2
POSITION_FLOOR = 1e-4  # px^2: no sensor is modelled better than to 0.01 px
ANGLE_FLOOR = 0.0025  # image^2: few spots on many images, near the spindle, would else set the distance (6 of 32 um)
LARGEST_EXCESS = 1e4
CLASS, MOST_CLASSES = 60, 8  # reflections in a class of like strength, and classes, at most
TINY, BEYOND = 1e-12, 30.0  # px^2, below what any spot has; and as a logarithm, beyond what any has
ENOUGH = 30  # reflections from which a kind is measured
MEDIAN_CHI_SQUARED = 0.454936  # of one degree of freedom


def counting_variance(variance: np.ndarray) -> np.ndarray:
    """The variances (N, 3) without the 1/12, column by column, where all of a column hold it."""
    positive = np.where(variance > 0, variance, np.inf)
    holds = positive.min(axis=0, initial=np.inf) >= ONE_PIXEL * (1 - 1e-6)
    return np.where(holds, np.maximum(variance - ONE_PIXEL, 0), variance)


def is_cut_by_scan(experiment: Experiment, bbox: np.ndarray) -> np.ndarray:
    """(N,) bool: whether an end of the scan, or of a stretch of images that count, may cut the boxes (N, 6)."""
    cut = np.ones(len(bbox), bool)
    for first, last in experiment.valid_ranges:
        cut &= (bbox[:, 4] <= first - 1) | (bbox[:, 5] >= last)
    return cut


def angle_kind(experiment: Experiment, bbox: np.ndarray | None, n: int) -> np.ndarray:
    """(N,): whether the scan's ends cut a spot, or else whether it lies on one image, on two or on more.

    bbox: (N, 6), or None where there is none: then all are taken to lie on more.
    """
    if bbox is None:
        return np.full(n, MORE_IMAGES)
    kind = np.clip(bbox[:, 5] - bbox[:, 4], 1, 3)
    return np.where(is_cut_by_scan(experiment, bbox), CUT, kind)


def _excess(squares: np.ndarray, variance: np.ndarray) -> float:
    """What must be added to ``variance`` for the median of squares / variance to be that of a normal deviate."""
    low, high = SMALLEST_EXCESS, LARGEST_EXCESS
    while high > 1.01 * low:
        middle = np.sqrt(low * high)
        if np.median(squares / (variance + middle)) > MEDIAN_CHI_SQUARED:
            low = middle
        else:
            high = middle
    return float(low)


def measured_excess(residuals: np.ndarray, variance: np.ndarray, kind: np.ndarray, floors: bool = True) -> np.ndarray:
    """The excess variances (4 kinds, 3), px^2, px^2, image^2, that ``residuals`` (N, 3: px, px, images) show.

    Of positions from the better half of the spots, where it is not drowned by counting, one for all kinds, and not
    less than a floor, so that the few strongest do not decide alone (docs/science/refine.md has what it costs); of
    angles for each kind but those that the scan's ends cut: they err to one side, not at random, and all
    together would pull the cell (by 1e-4 on simulated spots). Where spots are few, ``FIRST_EXCESS`` stays. Without
    ``floors`` it is the precision that shows, good for what neither sensor nor panels can feign.
    """
    excess = FIRST_EXCESS.copy()
    least, least_angle = (POSITION_FLOOR, ANGLE_FLOOR) if floors else (SMALLEST_EXCESS, SMALLEST_EXCESS)
    for axis in (0, 1):
        better = variance[:, axis] <= np.median(variance[:, axis])
        if better.sum() >= ENOUGH:
            excess[:, axis] = max(_excess(residuals[better, axis] ** 2, variance[better, axis]), least)
    for number in (ONE_IMAGE, TWO_IMAGES, MORE_IMAGES):
        rows = kind == number
        if rows.sum() >= ENOUGH:
            excess[number, 2] = max(_excess(residuals[rows, 2] ** 2, variance[rows, 2]), least_angle)
    return excess


def shown_variance(residuals: np.ndarray, variance: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """(N, 3) px^2, px^2, image^2: the variances that ``residuals`` (N, 3) of spots of each strength show.

    variance: (N, 3), by counting, which orders them; of positions all kinds are taken together, of angles each by
    itself. Where many weak pixels make up a spot, which of them are strong is a matter of chance: on pixels of .075 mm
    and 0.1 degree images strong spots err as they count, those of the weaker half 2 to 6 times as much.
    """
    shown = variance.copy()
    for axis in (0, 1):
        shown[:, axis] = _by_strength(residuals[:, axis] ** 2, variance[:, axis])
    for number in (ONE_IMAGE, TWO_IMAGES, MORE_IMAGES):
        rows = np.flatnonzero(kind == number)
        shown[rows, 2] = _by_strength(residuals[rows, 2] ** 2, variance[rows, 2])
    return shown


def _by_strength(squares: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """(N,) medians of ``squares`` in classes of like ``variance``, as variances; between them by powers of it."""
    n = min(len(variance) // CLASS, MOST_CLASSES)
    if n < 2:
        return variance
    parts = np.array_split(np.argsort(variance, kind="stable"), n)
    at = np.log([max(np.median(variance[part]), TINY) for part in parts])
    shown = np.log([max(np.median(squares[part]) / MEDIAN_CHI_SQUARED, TINY) for part in parts])
    shown = np.maximum.accumulate(shown)
    ends = np.array([-1.0, 1.0]) * BEYOND  # like the nearest class in proportion
    at = np.concatenate([[at[0] + ends[0]], at, [at[-1] + ends[1]]])
    shown = np.concatenate([[shown[0] + ends[0]], shown, [shown[-1] + ends[1]]])
    distinct = np.concatenate([[True], np.diff(at) > 0])
    return np.exp(np.interp(np.log(np.maximum(variance, TINY)), at[distinct], shown[distinct]))


def scatter(residuals: np.ndarray, variance: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """(N, 3) px, px, images: the standard deviations that ``residuals`` (N, 3) of each kind of spots really have.

    variance: (N, 3), by counting. Each kind and axis has an excess, by its better half, and a factor not below 1, by
    its weaker half: a threshold cuts more off weak spots than counting knows. There is no floor as there is in the
    weights of a fit: it is by this scatter that a strong spot is an outlier or a weak one is not.
    """
    spread = np.sqrt(variance + FIRST_EXCESS[kind])
    for number in range(len(FIRST_EXCESS)):
        rows = np.flatnonzero(kind == number)
        if len(rows) >= 2 * ENOUGH:
            for axis in range(3):
                spread[rows, axis] = _scatter_of(residuals[rows, axis] ** 2, variance[rows, axis])
    return spread


def _scatter_of(squares: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """(N,) standard deviations of the squares' roots: factor * (variance + excess)."""
    better = variance <= np.median(variance)
    total = variance + _excess(squares[better], variance[better])
    if better.all():
        return np.sqrt(total)
    factor = np.median(squares[~better] / total[~better]) / MEDIAN_CHI_SQUARED
    return np.sqrt(np.where(better, 1.0, max(factor, 1.0)) * total)
