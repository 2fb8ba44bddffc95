"""estimate_gain: counts of one photon, by how much more than Poisson's the background scatters.

Counts of gain g have variance g times their mean. In each window of an image the ratio is taken; windows with spots,
edges or slopes have more, and never less, so that the gain is where most windows are: the mode, by half samples
(Robertson & Cryer 1974, J. Am. Stat. Assoc. 69, 1012; Bickel & Fruehwirth 2006, Comput. Stat. Data Anal. 50, 3500).
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter

from gnomon.errors import InputError
from gnomon.io.images.experiment_images import images_of
from gnomon.io.images.masks import Masks, static_mask, valid_counts
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import HERE, Context, Result, require_images
from gnomon.steps.estimate_gain.params import EstimateGainParams
from gnomon.steps.estimate_gain.summary import EstimatedGain, EstimateGainSummary

LEAST_SHARE = 0.5
"""Of a window's pixels that must be valid."""
LEAST_MEAN = 0.05
"""Counts: below, a window has too few photons for a ratio."""
FEWEST = 10
"""Windows from which a mode is told."""

Maps = tuple[np.ndarray, ...]
"""For each panel (ny, nx): variance over mean about each pixel, the mean over images; nan where it is not known."""


def estimate_gain(
    experiments: Experiments, reflections: Reflections, params: EstimateGainParams, context: Context = HERE
) -> Result[EstimateGainSummary, tuple[Maps, ...]]:
    """Experiments and reflections as they are; the product has a map of variance over mean for each set of images.

    Raises InputError where an experiment has no images, or none has background enough.
    """
    require_images("estimate_gain", experiments)
    told, maps = [], []
    for _, members in experiments.groups_sharing("images"):
        found, ratio = _of_sweep(experiments[members[0]], members[0], params, context)
        told.append(found)
        maps.append(ratio)
    return Result(experiments, reflections, EstimateGainSummary(sweeps=tuple(told)), tuple(maps))


def _of_sweep(
    experiment: Experiment, number: int, params: EstimateGainParams, context: Context
) -> tuple[EstimatedGain, Maps]:
    first, last = experiment.image_range
    n = min(params.max_images, last - first + 1)
    images = np.unique(np.linspace(first, last, n).round().astype(int)).tolist()
    masks, reader = static_mask(experiment), images_of(experiment)
    per_image = [_ratios(experiment, pixels, masks, params) for pixels in context.workers.map(reader.read, images)]
    ratio = tuple(_mean_of(panels) for panels in zip(*per_image))
    values = np.concatenate([one[np.isfinite(one)] for panels in per_image for one in panels])
    if len(values) < FEWEST:
        raise InputError(
            f"estimate_gain: the images of experiment {number} have next to no background; give max_images= more, or "
            "a larger kernel_size"
        )
    gain = half_sample_mode(values)
    near = np.abs(values - gain)
    spread = float(np.quantile(near[near < 0.5 * gain], 0.5)) if (near < 0.5 * gain).any() else float("nan")
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
    believed = float(np.mean([panel.gain for panel in experiment.detector.panels]))
    return EstimatedGain(number, tuple(images), gain, spread, believed, len(values), (low, middle, high)), ratio


def _mean_of(maps: tuple[np.ndarray, ...]) -> np.ndarray:
    """(ny, nx) the mean of those that are known."""
    known = np.isfinite(maps)
    total = np.where(known, maps, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


def _ratios(experiment: Experiment, pixels: Masks, masks: Masks, params: EstimateGainParams) -> list[np.ndarray]:
    """Variance over mean about each pixel of each panel, of one image."""
    found = []
    for panel, counts, mask in zip(experiment.detector.panels, pixels, masks):
        low, high = valid_counts(panel)
        valid = mask & (counts >= low) & (counts <= high)
        found.append(dispersion(np.asarray(counts, float) - panel.pedestal, valid, params.kernel_size))
    return found


def dispersion(counts: np.ndarray, valid: np.ndarray, half: tuple[int, int]) -> np.ndarray:
    """(ny, nx) variance over mean of the valid counts within ``half`` (fast, slow) pixels; nan where not known."""
    size = (2 * half[1] + 1, 2 * half[0] + 1)
    shift = float(np.median(counts[valid])) if valid.any() else 0.0  # sums of squares of large counts lose digits
    c = np.where(valid, counts - shift, 0.0)
    share, mean, square = (uniform_filter(x, size, mode="constant") for x in (valid.astype(float), c, c * c))
    n = np.rint(share * size[0] * size[1])
    enough = (n >= LEAST_SHARE * size[0] * size[1]) & (n > 1) & valid
    safe = np.where(enough, share, 1.0)
    mean, square = mean / safe, square / safe
    variance = (square - mean**2) * n / np.maximum(n - 1, 1)
    level = mean + shift
    return np.where(enough & (level > LEAST_MEAN), variance / np.where(level > 0, level, 1.0), np.nan)


def half_sample_mode(values: np.ndarray) -> float:
    """Where values (N,) lie closest: the densest half, of that the densest half, and so on down to three."""
    x = np.sort(values)
    while len(x) > 3:
        half = (len(x) + 1) // 2
        widths = x[half - 1 :] - x[: len(x) - half + 1]
        at = int(np.argmin(widths))
        x = x[at : at + half]
        if half > 0.01 * len(values) and half < 0.05 * len(values):
            break  # a few per cent of the windows: further down chance decides
    return float(x.mean())
