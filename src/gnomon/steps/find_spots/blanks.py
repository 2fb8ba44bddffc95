"""Images that hold no diffraction where those around them do: which, why, and how later steps are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gnomon.maths.blank_images import SpotCounts, blank_stretches
from gnomon.models.experiment import Experiment
from gnomon.models.reflections import Reflections
from gnomon.models.scan import ImageRange
from gnomon.models.valid_images import STRETCH, stretches_of, without
from gnomon.steps.find_spots.bad_images import left_out
from gnomon.steps.find_spots.strong import StrongPixels

_SAMPLED = 32
"""Every so many-th row of pixels tells the background: to some percent, of a photon in thirty pixels."""


def background_of(
    image: Sequence[np.ndarray], use: Sequence[np.ndarray], strong: Sequence[StrongPixels]
) -> tuple[float, int]:
    """The mean count of pixels that are used and not strong, of some rows of each panel (ny, nx), 0 where none is; and
    how many pixels of these rows are used and have a count.
    """
    total, number, valid = 0.0, 0, 0
    for pixels, mask, spots in zip(image, use, strong):
        values = pixels[::_SAMPLED][mask[::_SAMPLED]]
        there = spots.index // pixels.shape[1] % _SAMPLED == 0
        total += float(np.maximum(values, 0).sum(dtype=np.int64)) - float(spots.value[there].sum())
        here = int(np.count_nonzero(values >= 0))
        valid += here
        number += here - int(np.count_nonzero(there))
    return total / max(number, 1), valid


def blank_images(images: Sequence[int], spots: Sequence[int], background: Sequence[float]) -> list[dict[str, Any]]:
    """For each blank stretch of the ``images`` searched: first and last, spots an image, and share of the background.

    spots, background: of each image, its spots and its mean count elsewhere.
    """
    found = blank_stretches(SpotCounts(np.array(spots, float)))
    blank = np.zeros(len(images), bool)
    for a, b in found:
        blank[a:b] = True
    usual = float(np.median(np.array(background)[~blank])) if not blank.all() else 0.0
    rows = []
    for a, b in found:
        share = float(np.mean(background[a:b])) / usual if usual > 0 else 1.0
        for first, last in stretches_of(images[a:b]):
            rows.append({"first": first, "last": last, "spots": float(np.mean(spots[a:b])), "background": share})
    return rows


def stretches_that_count(experiment: Experiment, report: dict[str, Any]) -> list[ImageRange]:
    """The stretches of images, searched or not, of which none is blank or bad, and none excluded before."""
    blank = [(row["first"], row["last"]) for row in report["blank"]]
    return without(experiment.valid_ranges, [*blank, *stretches_of(left_out(report["bad"]))])


def with_stretches(spots: Reflections, stretches: Sequence[ImageRange]) -> Reflections:
    """The spots of one sweep with the column that tells index which images count."""
    image = np.floor(spots["xyzobs.px.value"][:, 2]).astype(int) + 1
    column = np.zeros((len(spots), 2))
    for first, last in stretches:
        column[(image >= first) & (image <= last)] = first, last
    return spots.with_columns({STRETCH: column})
