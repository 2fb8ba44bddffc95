"""Blank and bad images seen in the intensities themselves, where nobody looked at the images, or said what was seen."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.symmetry import space_group
from gnomon.maths.images.blank_images import MeanIntensities, blank_stretches
from gnomon.maths.images.image_scales import image_scales
from gnomon.maths.intensities.normalised import Observations, observations
from gnomon.models.by_experiment import rows_of_each
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.models.scan import ImageRange
from gnomon.models.valid_images import centroid_z, in_words, stretches_of, with_valid_ranges, without

_LARGEST_E2 = 10.0
"""Of an intensity over its mean: what is stronger counts as this, so that no single one hides a blank image."""
MOST, MOST_SHARE = 2, 0.1
"""Odd images that are left out, at most so many or this share of a sweep: where there are more, it is unsteady."""


def judged_by_intensities(
    step: str, experiments: Experiments, reflections: Reflections, least_part: float
) -> tuple[Experiments, list[str]]:
    """The experiments with the images whose reflections have good intensities, and what is left out, in words.

    Intensities are normalised in resolution; what an image holds is their mean. An image is left out where
    that is nothing beside its neighbours (:mod:`gnomon.maths.images.blank_images`), and where single images are off by
    a factor that equivalents on others disown (:mod:`gnomon.maths.images.image_scales`). Raises InputError, in the name
    of ``step``, where no intensity is usable.
    """
    z = centroid_z(reflections)
    if z is None:
        return experiments, []
    obs = observations(step, experiments, reflections, least_part, along_scan=False)
    names, ranges, words = data_set_names(experiments), {}, []
    for number, (experiment, rows) in enumerate(zip(experiments, rows_of_each(obs.experiment, len(experiments)))):
        if experiment.is_still:
            continue
        own, at = obs.select(rows), z[obs.row[rows]]
        counting, told = list(experiment.valid_ranges), []
        blank = _blank(experiment, own, at)
        if blank and without(counting, blank):
            counting = without(counting, blank)
            told.append(f"data set {names[number]}: {in_words(blank)} left out, the intensities there are none")
        odd, factors = _odd(experiment, counting, own, at, _reach(reflections, obs.row[rows]))
        if odd:
            counting = without(counting, odd)
            told.append(
                f"data set {names[number]}: {in_words(odd)} left out, the intensities there are {factors} of what the "
                "images around and equivalents say"
            )
        if told:
            ranges[number] = counting
            words += told
    return with_valid_ranges(experiments, ranges), words


def _reach(reflections: Reflections, rows: np.ndarray) -> int:
    """Images over which an odd one shows: half of those over which reflections are recorded."""
    if "bbox" not in reflections or not len(rows):
        return 1
    z = reflections["bbox"][rows, 4:]
    return max(1, int(np.median(z[:, 1] - z[:, 0])) // 2)


def _odd(
    experiment: Experiment, counting: list[ImageRange], obs: Observations, z: np.ndarray, reach: int
) -> tuple[list[ImageRange], str]:
    """The stretches of single images whose scale is off, among those ``counting``; and by which factors, in words."""
    first, n = experiment.image_range[0], experiment.needed_scan.n_images
    image = np.floor(z).astype(int) + 1 - first
    good = np.zeros(n, bool)
    for a, b in counting:
        good[a - first : b - first + 1] = True
    numbers = np.flatnonzero(good)
    at = np.cumsum(good) - 1
    here = np.flatnonzero(good[np.clip(image, 0, n - 1)] & (image >= 0) & (image < n))
    if not len(here):
        return [], ""
    group = space_group(experiment.needed_crystal.hall_symbol)
    factor = image_scales(obs.select(here), at[image[here]], len(numbers), group).odd(reach)
    odd = np.flatnonzero(factor != 1)
    events = len(stretches_of(odd))
    if not events or events > max(MOST, MOST_SHARE * len(numbers) / (2 * reach - 1)):
        return [], ""
    low, high = factor[odd].min(), factor[odd].max()
    return stretches_of(numbers[odd] + first), f"{low:.2f}" + (f" to {high:.2f}" if len(odd) > 1 else "")


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
