"""A first look at a few images: how wide spots are, and their mean profile.

Only short runs of images are read, spread over the scan, and only the strong spots on them; what comes out is
pooled between sweeps, so that one with few spots borrows from the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.models.experiment import Experiment
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.step import InputError
from gnomon.steps.integrate.boxes import place_boxes
from gnomon.steps.integrate.frames import FrameRing
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.reference import HALF, STEP, ProfileSums, learn, rocking_coordinates, spot_weights
from gnomon.steps.integrate.rocking import best_scale
from gnomon.steps.integrate.summation import Sums, sum_boxes

CYCLES = 8
LEAST_FRAMES, MOST_FRAMES = 16, 48
"""Images looked at in a sweep: an eighth of it within these bounds."""
POOL_STRENGTH = 15.0
"""Weight, in spots, of the widths of all sweeps against those of one."""


@dataclass(frozen=True, eq=False)
class Sample:
    """What the strong spots of one sweep say: their number, widths (degrees) and summed profile."""

    spots: int
    sigma_b: float
    sigma_m: float
    sums: ProfileSums


def strong_spots(reflections: Reflections, number: int) -> Reflections:
    """The indexed, predicted, strong spots of experiment ``number``, outliers of refinement left out."""
    flags = reflections["flags"]
    good = (reflections["id"] == number) & (reflections["miller_index"] != 0).any(axis=1)
    good &= (flags & np.uint64(Flag.PREDICTED)) != 0
    good &= (flags & np.uint64(Flag.CENTROID_OUTLIER)) == 0
    return reflections.select(good)


def runs_of_frames(n_images: int, length: int) -> list[tuple[int, int]]:
    """Half-open ranges of frames, counted from 0, spread evenly over the scan."""
    budget = min(max(n_images // 8, LEAST_FRAMES), MOST_FRAMES)
    length = min(max(length, 4), n_images)
    n_runs = max(1, budget // length)
    if n_runs * length >= n_images:
        return [(0, n_images)]
    starts = np.linspace(0, n_images - length, n_runs + 2)[1:-1].astype(int)
    return [(int(s), int(s) + length) for s in starts]


def first_widths(experiment: Experiment, spots: Reflections) -> tuple[float, float]:
    """Rough sigma_b and sigma_m, degrees, from the boxes of the spots that were found."""
    bbox = spots["bbox"]
    across = np.median([bbox[:, 1] - bbox[:, 0], bbox[:, 3] - bbox[:, 2]]) / 4
    panel = experiment.detector.panels[0]
    distance = np.abs(np.einsum("ij,ij->i", experiment.detector.frames[:, :, 2], experiment.detector.normals)).mean()
    sigma_b = np.rad2deg(max(across, 0.5) * panel.pixel_size[0] / max(distance, 1e-3))
    along = np.median(bbox[:, 5] - bbox[:, 4]) / 4
    return float(sigma_b), float(max(along, 0.15) * abs(experiment.scan.oscillation[1]))


def _moment_ratio(sums: ProfileSums) -> float:
    """Mean square distance of the observed profile from its centre over that of the Gaussian, on the same pixels."""
    axis = (np.arange(2 * HALF + 1) - HALF) * STEP
    square = axis[:, None] ** 2 + axis[None, :] ** 2
    observed, expected = sums.grid[0], sums.grid[1]
    return float((observed * square).sum() / observed.sum() / ((expected * square).sum() / expected.sum()))


@dataclass(frozen=True, eq=False)
class _Run:
    ring: FrameRing
    spots: Reflections


def _read_runs(experiment: Experiment, spots: Reflections, workers: Workers) -> list[_Run]:
    """The sampled images, and the strong spots that lie wholly on them."""
    first = experiment.scan.array_range[0]
    length = int(np.percentile(spots["bbox"][:, 5] - spots["bbox"][:, 4], 95)) * 2 + 2
    runs = []
    for low, high in runs_of_frames(experiment.scan.n_images, length):
        z0, z1 = first + low, first + high
        inside = (spots["xyzcal.px"][:, 2] > z0) & (spots["xyzcal.px"][:, 2] < z1)
        if inside.any():
            ring = FrameRing(experiment, high - low)
            ring.skip_to(z0)
            ring.load_until(z1, workers)
            runs.append(_Run(ring, spots.select(inside)))
    return runs


def _learn_run(
    experiment: Experiment, run: _Run, widths: tuple[float, float], params: IntegrateParams, workers: Workers
) -> tuple[ProfileSums, np.ndarray, np.ndarray, np.ndarray]:
    """Profile sums of a run for ``widths``, and c3, shares and weights of its spots for the rocking curve."""
    boxes = place_boxes(experiment, run.spots, *widths, params)
    z1 = run.ring.loaded
    whole = (boxes.bbox[:, 4] >= z1 - run.ring.size) & (boxes.bbox[:, 5] <= z1)
    whole &= boxes.zeta**2 >= params.min_zeta**2
    run.ring.disown()
    run.ring.claim(boxes, np.flatnonzero(whole), (z1 - run.ring.size, z1), np.zeros(len(boxes), bool))
    sums = Sums.empty(len(boxes))
    sum_boxes(run.ring, boxes, np.flatnonzero(whole), sums, params, workers)
    which = np.flatnonzero(sums.strong(params.reference_threshold / 2) & whole)
    learned, shares = learn(run.ring.pixels, boxes, which, sums.background, sums.total)
    weight = spot_weights(sums.total[which, 0] / np.sqrt(sums.total[which, 1]))
    return learned, rocking_coordinates(boxes, which, shares.shape[1] + 1), shares, weight


def _looked_at(
    experiment: Experiment, runs: list[_Run], widths: tuple[float, float], params: IntegrateParams, workers: Workers
) -> tuple[ProfileSums, tuple[float, float]]:
    """Profile sums of all runs for ``widths``, and the widths that they ask for instead."""
    sums, scales, spots = ProfileSums.empty(), [], []
    for run in runs:
        learned, c3, shares, weight = _learn_run(experiment, run, widths, params, workers)
        sums = sums + learned
        if len(weight):
            scales.append(np.log(best_scale(c3, shares, weight)))
            spots.append(weight.sum())
    if not spots:
        return sums, widths
    wider = np.sqrt(np.clip(_moment_ratio(sums), 0.25, 4.0))
    return sums, (widths[0] * float(wider), widths[1] * float(np.exp(np.average(scales, weights=spots))))


def sample_sweep(experiment: Experiment, spots: Reflections, params: IntegrateParams, workers: Workers) -> Sample:
    """Widths and mean profile from the strong ``spots`` of one sweep on a few of its images.

    sigma_b is where the second moment about the predicted centre, within the foreground, equals that of the Gaussian
    on the same pixels; sigma_m has the greatest likelihood. Both are found again with the foreground they define.
    """
    if not len(spots):
        return Sample(0, np.nan, np.nan, ProfileSums.empty())
    runs = _read_runs(experiment, spots, workers)
    widths = first_widths(experiment, spots)
    for _ in range(CYCLES):
        widths = (params.sigma_b or widths[0], params.sigma_m or widths[1])
        sums, fresh = _looked_at(experiment, runs, widths, params, workers)
        settled = max(abs(np.log(np.divide(fresh, widths)))) < 0.01
        if settled or sums.spots == 0:
            break
        widths = fresh
    return Sample(round(sums.spots), widths[0], widths[1], sums)


def pooled_widths(samples: list[Sample], params: IntegrateParams) -> list[tuple[float, float]]:
    """sigma_b and sigma_m (degrees) of each sweep: its own, drawn to those of all sweeps where its spots are few.

    Raises InputError where no sweep has a usable spot and the widths are not given.
    """
    n = np.array([s.spots for s in samples], float)
    if not n.any() and not (params.sigma_b and params.sigma_m):
        raise InputError(
            "integrate found no strong indexed spot on the images to measure spot widths from; "
            "check index and refine, or give sigma_b and sigma_m"
        )
    widths = []
    for given, name in ((params.sigma_b, "sigma_b"), (params.sigma_m, "sigma_m")):
        own = np.log([getattr(s, name) if s.spots else 1.0 for s in samples])
        mean = (n * own).sum() / max(n.sum(), 1e-9)
        drawn = np.exp((n * own + POOL_STRENGTH * mean) / (n + POOL_STRENGTH))
        widths.append(np.full(len(samples), given) if given else drawn)
    return [(float(b), float(m)) for b, m in zip(*widths)]
