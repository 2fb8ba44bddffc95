"""Blank images seen in the intensities themselves, where nobody looked at the images, or nobody said what was seen."""

from __future__ import annotations

import numpy as np

from gnomon.maths.blank_images import MeanIntensities, blank_stretches
from gnomon.maths.normalised import Observations, observations
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.models.scan import ImageRange
from gnomon.models.valid_images import centroid_z, in_words, with_valid_ranges, without

_LARGEST_E2 = 10.0
"""Of an intensity over its mean: what is stronger counts as this, so that no single one hides a blank image."""


def judged_by_intensities(
    step: str, experiments: Experiments, reflections: Reflections, least_part: float
) -> tuple[Experiments, list[str]]:
    """The experiments with the images whose reflections have intensities at all, and what is left out, in words.

    Intensities are normalised in resolution; what an image holds is their mean. An image is left out where
    that is nothing beside its neighbours (:mod:`gnomon.maths.blank_images`). Raises InputError, in the name of
    ``step``, where no intensity is usable.
    """
    z = centroid_z(reflections)
    if z is None:
        return experiments, []
    obs = observations(step, experiments, reflections, least_part, along_scan=False)
    names, ranges, words = data_set_names(experiments), {}, []
    for number, experiment in enumerate(experiments):
        if experiment.is_still:
            continue
        rows = np.flatnonzero(obs.experiment == number)
        blank = _blank(experiment, obs.select(rows), z[obs.row[rows]])
        counting = without(experiment.valid_ranges, blank)
        if blank and counting:
            ranges[number] = counting
            words.append(f"data set {names[number]}: {in_words(blank)} left out, the intensities there are none")
    return with_valid_ranges(experiments, ranges), words


def _blank(experiment: Experiment, obs: Observations, z: np.ndarray) -> list[ImageRange]:
    """The stretches of images without intensities, by the observations of the experiment, seen at ``z`` (images)."""
    scan = experiment.needed_scan
    first, n = scan.image_range[0], scan.n_images
    image = np.clip(np.floor(z).astype(int) + 1 - first, 0, n - 1)
    e2 = np.clip(obs.e2, -_LARGEST_E2, _LARGEST_E2)
    w = 1 / (1 + obs.sigma**2 * _relative(obs))  # one is the spread of E²; the sum is the precision of the mean
    total, weight, number = (np.bincount(image, values, n) for values in (w * e2, w, np.ones(len(w))))
    counting = np.zeros(n, bool)
    for a, b in experiment.valid_ranges:
        counting[a - first : b - first + 1] = True
    numbers = np.flatnonzero(counting)
    found = blank_stretches(MeanIntensities(total[counting], weight[counting], number[counting]))
    return [(int(numbers[a]) + first, int(numbers[b - 1]) + first) for a, b in found]


def _relative(obs: Observations) -> np.ndarray:
    """(N,) 1 / mean², the square of what normalised the intensities; 0 where it cannot be told."""
    told = obs.intensity != 0
    return np.where(told, obs.e2 / np.where(told, obs.intensity, 1.0), 0.0) ** 2
