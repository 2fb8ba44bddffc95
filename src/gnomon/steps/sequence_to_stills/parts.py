"""Spots of several images, image by image."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gnomon.models.shoeboxes import FOREGROUND, VALID, Shoeboxes

PIXEL = 1 / 12
"""Variance of what lies anywhere within a pixel, px²."""


class Parts(NamedTuple):
    """Those of the spots that have foreground on an image: which (n,), their pixels, and what is measured of them."""

    spot: np.ndarray
    shoeboxes: Shoeboxes
    n_signal: np.ndarray
    intensity: np.ndarray
    variance: np.ndarray
    centroid: np.ndarray  # (n, 2), px
    spread: np.ndarray  # (n, 2), px²: the centroid's variance


def parts_on(shoeboxes: Shoeboxes, z: int) -> Parts:
    """The parts on image z (counted from 0) of the spots, whose boxes become those of a still, 0 <= z < 1.

    The intensity is the sum over valid foreground less background, its variance the sum of the counts. The centroid is
    weighted with what lies above the background (where nothing does, its pixels count alike), and its variance
    is sum w (x - c)² / ((sum w)² - sum w²) + 1/12, as of spots that are found.
    """
    here = np.flatnonzero((shoeboxes.bbox[:, 4] <= z) & (z < shoeboxes.bbox[:, 5]))
    boxes = shoeboxes[here]
    boxes = boxes.between(np.full(len(here), z), np.full(len(here), z + 1))
    lengths = np.diff(boxes.offsets)
    label = np.repeat(np.arange(len(here)), lengths)
    signal = (boxes.mask & (VALID | FOREGROUND)) == (VALID | FOREGROUND)
    seen = np.flatnonzero(np.bincount(label[signal], minlength=len(here)))
    boxes = boxes[seen]
    boxes.bbox[:, 4:] = 0, 1
    return Parts(here[seen], boxes, *_measured(boxes))


def _measured(boxes: Shoeboxes) -> tuple[np.ndarray, ...]:
    """What :class:`Parts` has after its pixels."""
    n, lengths = len(boxes), np.diff(boxes.offsets)
    label = np.repeat(np.arange(n), lengths)
    inside = np.arange(lengths.sum()) - np.repeat(boxes.offsets[:-1], lengths)
    wide = (boxes.bbox[:, 1] - boxes.bbox[:, 0])[label]
    xy = np.column_stack([inside % wide, inside // wide]) + boxes.bbox[label][:, [0, 2]] + 0.5
    signal = (boxes.mask & (VALID | FOREGROUND)) == (VALID | FOREGROUND)
    label, xy = label[signal], xy[signal]
    counts, above = boxes.data[signal].astype(float), (boxes.data - boxes.background)[signal].astype(float)

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(label, values, n)

    weight = np.maximum(above, 0)
    weight = np.where(total(weight)[label] > 0, weight, 1.0)
    w, squares = total(weight), total(weight**2)
    centroid = np.column_stack([total(weight * x) for x in xy.T]) / w[:, None]
    spread = np.column_stack([total(weight * d**2) for d in (xy - centroid[label]).T])
    alone = w**2 - squares <= 1e-9 * w**2  # a single pixel
    spread = np.where(alone[:, None], 0.0, spread / np.where(alone, 1.0, w**2 - squares)[:, None]) + PIXEL
    return total(np.ones(len(label))).astype(np.int32), total(above), total(counts), centroid, spread
