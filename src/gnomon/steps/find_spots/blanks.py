"""Images that hold no diffraction where those around them do: which, why, and how later steps are told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.maths.blank_images import SpotCounts, blank_stretches
from gnomon.models.experiment import Experiment
from gnomon.models.reflections import Reflections
from gnomon.models.scan import ImageRange
from gnomon.models.valid_images import STRETCH, stretches_of, without
from gnomon.steps.find_spots.bad_images import left_out
from gnomon.steps.find_spots.strong import StrongPixels
from gnomon.steps.find_spots.summary import BlankStretch, SweepSummary

_GROUPS = 15  # odd: the median is the mean of one
_SAMPLED = 32
"""Every so many-th row of pixels tells the background: to some percent, of a photon in thirty pixels."""


def background_of(
    image: Sequence[np.ndarray], use: Sequence[np.ndarray], strong: Sequence[StrongPixels]
) -> tuple[float, int]:
    """The mean count of pixels that are used and not strong, of some rows of each panel (ny, nx), 0 where none is; and
    how many pixels of these rows are used and have a count.

    A median of means (Nemirovsky & Yudin 1983): of groups of rows from all over the detector, so that the few bright
    pixels that are not taken for spots, at edges or as zingers, do not make a background of .2 counts twice as high.
    """
    total, number, valid = np.zeros(_GROUPS), np.zeros(_GROUPS), 0
    for pixels, mask, spots in zip(image, use, strong):
        rows = pixels[::_SAMPLED]
        counted = mask[::_SAMPLED] & (rows >= 0)
        group, y = np.arange(len(rows)) % _GROUPS, spots.index // pixels.shape[1]
        there = y % _SAMPLED == 0
        of_spots, used = y[there] // _SAMPLED % _GROUPS, counted.sum(axis=1)
        total += np.bincount(group, rows.sum(axis=1, where=counted, dtype=np.int64), _GROUPS)
        total -= np.bincount(of_spots, spots.value[there], _GROUPS)
        number += np.bincount(group, used, _GROUPS) - np.bincount(of_spots, minlength=_GROUPS)
        valid += int(used.sum())
    known = number > 0
    if not known.any():
        return 0.0, valid
    middle = float(np.median(total[known] / number[known]))
    return middle or float(total.sum() / number.sum()), valid  # of less than a count in most groups the mean tells more


def blank_images(images: Sequence[int], spots: Sequence[int], background: Sequence[float]) -> list[BlankStretch]:
    """The blank stretches of the ``images`` searched.

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
            rows.append(BlankStretch(first, last, float(np.mean(spots[a:b])), share))
    return rows


def stretches_that_count(experiment: Experiment, report: SweepSummary) -> list[ImageRange]:
    """The stretches of images, searched or not, of which none is blank or bad, and none excluded before."""
    blank = [(row.first, row.last) for row in report.blank]
    return without(experiment.valid_ranges, [*blank, *stretches_of(left_out(report.bad))])


def with_stretches(spots: Reflections, stretches: Sequence[ImageRange]) -> Reflections:
    """The spots of one sweep with the column that tells index which images count."""
    image = np.floor(spots["xyzobs.px.value"][:, 2]).astype(int) + 1
    column = np.zeros((len(spots), 2))
    for first, last in stretches:
        column[(image >= first) & (image <= last)] = first, last
    return spots.with_columns({STRETCH: column})
