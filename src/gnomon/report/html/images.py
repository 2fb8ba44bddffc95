"""What changes along each data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gnomon.report.html.blocks import Section
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.lines import Curve, many_lines

_FEWEST = 30
"""Observations behind a point: of fewer, as one image of a small molecule has, the figures are noise."""
_MOST_POINTS = 120


def by_image_section(stats: Mapping[str, Any]) -> Section:
    """I/sigma, R and numbers along each data set; a point a few images where each has few observations."""
    along = [in_groups(row) for row in stats.get("by_image") or [] if len(row["image"])]
    kinds = (
        ("I/sigma by image", "i_over_sigma", "mean I/sigma"),
        ("Rmerge by image", "r_merge", "Rmerge"),
        ("Observations by image", "n", "observations / image"),
    )
    most = max((row["images_in_point"] for row in along), default=1)
    note = f"A point is of up to {most} images." if most > 1 else ""
    blocks = []
    for title, key, label in kinds:
        curves = [Curve(row["name"], row["image"], row[key]) for row in along if np.isfinite(row[key]).any()]
        if curves:
            axes = {"x": axis("image"), "y": axis(label, rangemode="tozero")}
            blocks.append(many_lines(title, curves, axes, note))
    return Section("By image", blocks)


def in_groups(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with as many images to a point as hold enough observations, never more than 120 points.

    Of such a group: the mean image and number, the mean of I/sigma by numbers, and the median of Rmerge, since a
    ratio of few observations strays far.
    """
    image, n, signal, r = (np.asarray(row[key], float) for key in ("image", "n", "i_over_sigma", "r_merge"))
    total, count = float(n.sum()), len(image)
    points = int(np.clip(min(total / _FEWEST, _MOST_POINTS), 1, count))
    groups = np.array_split(np.arange(count), points)
    return {
        "name": row["name"],
        "images_in_point": -(-count // points),
        "image": np.array([image[g].mean() for g in groups]),
        "n": np.array([n[g].mean() for g in groups]),
        "i_over_sigma": np.array([_mean(signal[g], n[g]) for g in groups]),
        "r_merge": np.array([_median(r[g]) for g in groups]),
    }


def _mean(values: Sequence[float] | np.ndarray, weights: np.ndarray) -> float:
    known = np.isfinite(values) & (weights > 0)
    return float(np.average(np.asarray(values)[known], weights=weights[known])) if known.any() else np.nan


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan
