"""What changes along each data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.report.html.blocks import Section
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.lines import MOST_POINTS, Curve, many_lines
from gnomon.steps.scale.summary import AlongImages

_FEWEST = 30
"""Observations behind a point: of fewer, as one image of a small molecule has, the figures are noise."""


@dataclass(frozen=True, eq=False)
class Points:
    """What is drawn of one data set, (n,) each, a point for ``size`` images."""

    name: str
    size: int
    image: np.ndarray
    n: np.ndarray
    i_over_sigma: np.ndarray
    r_merge: np.ndarray


def by_image_section(data_sets: Sequence[AlongImages]) -> Section:
    """I/sigma, R and numbers along each data set; a point a few images where each has few observations."""
    rows = [row for row in data_sets if row.image]
    along = [in_groups(row, min(120, MOST_POINTS // len(rows))) for row in rows]
    kinds = (
        ("I/sigma by image", "i_over_sigma", "mean I/sigma"),
        ("Rmerge by image", "r_merge", "Rmerge"),
        ("Observations by image", "n", "observations / image"),
    )
    most = max((row.size for row in along), default=1)
    note = f"A point is of up to {most} images." if most > 1 else ""
    blocks = []
    for title, key, label in kinds:
        curves = [
            Curve(row.name, row.image, getattr(row, key)) for row in along if np.isfinite(getattr(row, key)).any()
        ]
        if curves:
            axes = {"x": axis("image"), "y": axis(label, rangemode="tozero")}
            blocks.append(many_lines(title, curves, axes, note))
    return Section("By image", blocks)


def in_groups(row: AlongImages, most: int) -> Points:
    """The data set with as many images to a point as hold enough observations, and never more than ``most`` points.

    Of such a group: the mean image and number, the mean of I/sigma by numbers, and the median of Rmerge, since a
    ratio of few observations strays far.
    """
    points = int(np.clip(min(float(np.sum(row.n)) / _FEWEST, most), 1, len(row.image)))
    size = -(-len(row.image) // points)
    columns = (row.image, row.n, row.i_over_sigma, row.r_merge)
    image, n, signal, r = (_rows(np.asarray(column, float), size) for column in columns)
    return Points(
        row.name,
        size,
        image=_mean(image, np.ones(image.shape)),
        n=_mean(n, np.ones(n.shape)),
        i_over_sigma=_mean(signal, n),
        r_merge=_median(r),
    )


def _rows(values: np.ndarray, size: int) -> np.ndarray:
    """(groups, size) of (n,); the last filled up with nan."""
    return np.append(values, np.full(-len(values) % size, np.nan)).reshape(-1, size)


def _mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(groups,) means of what is known, by ``weights``; nan where nothing is."""
    known = np.isfinite(values) & (weights > 0)
    total = np.where(known, weights, 0.0).sum(axis=1)
    summed = np.where(known, values * weights, 0.0).sum(axis=1)
    return np.where(total > 0, summed / np.maximum(total, 1e-300), np.nan)


def _median(values: np.ndarray) -> np.ndarray:
    """(groups,) medians of what is known; nan where nothing is."""
    ordered, known = np.sort(values, axis=1), np.isfinite(values).sum(axis=1)
    rows, middle = np.arange(len(values)), np.maximum(known - 1, 0)
    return (ordered[rows, middle // 2] + ordered[rows, (middle + 1) // 2]) / 2
