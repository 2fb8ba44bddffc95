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
from gnomon.steps.integrate.boxes import Widths, place_boxes
from gnomon.steps.integrate.frames import FrameRing
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.reference import Learned, ProfileSums, learn, rocking_coordinates
from gnomon.steps.integrate.rocking import best_scale
from gnomon.steps.integrate.summation import Sums, sum_boxes

CYCLES = 8
LEAST_FRAMES, MOST_FRAMES = 16, 48
"""Images looked at in a sweep: an eighth of it within these bounds."""
TANGENTIAL_PRIOR = 30.0
"""Weight, in spots, of the expectation that spots are equally wide at all angles."""
FEW_SPOTS = 300
"""A sweep with fewer strong spots is looked at where they are."""
POOL_STRENGTH = 15.0
"""Weight, in spots, of the widths of all sweeps against those of one."""


@dataclass(frozen=True, eq=False)
class Sample:
    """What the strong spots of one sweep say: their number, widths and summed profile."""

    spots: int
    widths: Widths
    sums: ProfileSums


def strong_spots(reflections: Reflections, number: int) -> Reflections:
    """The indexed, predicted, strong spots of experiment ``number``, outliers of refinement left out."""
    flags = reflections["flags"]
    good = (reflections["id"] == number) & (reflections["miller_index"] != 0).any(axis=1)
    good &= (flags & np.uint64(Flag.PREDICTED)) != 0
    good &= (flags & np.uint64(Flag.CENTROID_OUTLIER)) == 0
    return reflections.select(good)


def runs_of_frames(n_images: int, length: int, z: np.ndarray) -> list[tuple[int, int]]:
    """Half-open ranges of about ``length`` frames, counted from 0, to look at spots at ``z`` (N,) frames.

    Spread evenly over the scan where spots abound; where they are few, the runs that hold most of them.
    """
    few = len(z) < FEW_SPOTS
    budget = MOST_FRAMES if few else min(max(n_images // 8, LEAST_FRAMES), MOST_FRAMES)
    length = min(max(length, 4), n_images)
    n_runs = max(1, budget // length)
    if n_runs * length >= n_images:
        return [(0, n_images)]
    if few:
        starts = np.arange(0, n_images - length + 1, length)
        held = np.histogram(z, np.append(starts, starts[-1] + length))[0]
        starts = np.sort(starts[np.argsort(-held, kind="stable")[:n_runs]])
    else:
        starts = np.linspace(0, n_images - length, n_runs + 2)[1:-1].astype(int)
    return [(int(s), int(s) + length) for s in starts]


def first_widths(experiment: Experiment, spots: Reflections) -> Widths:
    """Rough widths from the boxes of the spots that were found."""
    bbox = spots["bbox"]
    across = np.median([bbox[:, 1] - bbox[:, 0], bbox[:, 3] - bbox[:, 2]]) / 4
    detector = experiment.detector
    distance = np.abs(np.einsum("ij,ij->i", detector.frames[:, :, 2], detector.normals)).mean()
    sigma_b = np.rad2deg(max(across, 0.5) * detector.pixel_sizes[0, 0] / max(distance, 1e-3))
    along = np.median(bbox[:, 5] - bbox[:, 4]) / 4
    return Widths(float(sigma_b), float(max(along, 0.15) * abs(experiment.needed_scan.oscillation[1])))


@dataclass(frozen=True, eq=False)
class _Run:
    ring: FrameRing
    spots: Reflections


@dataclass(frozen=True, eq=False)
class _Look:
    """What the spots of one run say for given widths."""

    learned: Learned
    c3: np.ndarray  # (M, n_frames + 1), edges of frames in sigma_m
    twice_sine: np.ndarray  # (M,), 2 sin(theta)


def _read_runs(experiment: Experiment, spots: Reflections, workers: Workers) -> list[_Run]:
    """The sampled images, and the strong spots that lie wholly on them."""
    first = experiment.needed_scan.array_range[0]
    length = int(np.percentile(spots["bbox"][:, 5] - spots["bbox"][:, 4], 95)) * 2 + 2
    runs = []
    z = spots["xyzcal.px"][:, 2]
    for low, high in runs_of_frames(experiment.needed_scan.n_images, length, z - first):
        z0, z1 = first + low, first + high
        inside = (z > z0) & (z < z1)
        if inside.any():
            ring = FrameRing(experiment, high - low)
            ring.skip_to(z0)
            ring.load_until(z1, workers)
            runs.append(_Run(ring, spots.select(inside)))
    return runs


def _look_at(experiment: Experiment, run: _Run, widths: Widths, params: IntegrateParams, workers: Workers) -> _Look:
    """What the clean, strong spots of a run say if ``widths`` define their foreground."""
    boxes = place_boxes(experiment, run.spots, widths, params)
    z1 = run.ring.loaded
    whole = (boxes.bbox[:, 4] >= z1 - run.ring.size) & (boxes.bbox[:, 5] <= z1)
    whole &= (np.abs(boxes.zeta) >= params.min_zeta) & ~boxes.cut
    contested = np.zeros(len(boxes), bool)
    run.ring.disown()
    run.ring.claim(boxes, np.flatnonzero(whole), (z1 - run.ring.size, z1), contested)
    sums = Sums.empty(len(boxes))
    sum_boxes(run.ring, boxes, np.flatnonzero(whole), sums, params, workers)
    which = np.flatnonzero(sums.strong(params.reference_threshold / 2) & whole & ~contested)
    learned = learn(run.ring.pixels, boxes, which, sums.background, sums.total)
    q = run.spots["s1"][which] - experiment.beam.s0
    twice_sine = np.linalg.norm(q, axis=1) * experiment.beam.wavelength
    return _Look(learned, rocking_coordinates(boxes, which, learned.shares.shape[1] + 1), twice_sine)


def fitted_spread(
    widths: Widths, spread: np.ndarray, twice_sine: np.ndarray, weight: np.ndarray
) -> tuple[float, float]:
    """sigma_b and sigma_t (degrees) that the second moments of M spots ask for, if they were measured with ``widths``.

    spread: (M, 4) observed along c1 and c2, and the Gaussian's on the same pixels; twice_sine: (M,) 2 sin(theta).
    Least squares of sigma_1^2 = sigma_b^2 + sigma_t^2 (2 sin theta)^2 and sigma_2^2 = sigma_b^2, with sigma_t = 0 as
    prior knowledge worth TANGENTIAL_PRIOR spots.
    """
    growth = np.clip(spread[:, :2] / np.maximum(spread[:, 2:], 1e-9), 0.25, 4.0)
    b2, t2 = widths.sigma_b**2, widths.sigma_t**2
    square = twice_sine**2
    along_e1, along_e2 = (b2 + t2 * square) * growth[:, 0], b2 * growth[:, 1]
    prior = TANGENTIAL_PRIOR * np.average(square**2, weights=weight)
    normal = np.array(
        [
            [2 * weight.sum(), (weight * square).sum()],
            [(weight * square).sum(), (weight * square**2).sum() + prior],
        ]
    )
    right = np.array(
        [
            (weight * (along_e1 + along_e2)).sum(),
            (weight * square * along_e1).sum(),
        ]
    )
    b2_new, t2_new = np.linalg.solve(normal, right)
    if t2_new < 0:
        b2_new, t2_new = right[0] / normal[0, 0], 0.0
    return float(np.sqrt(np.clip(b2_new, b2 / 4, b2 * 4))), float(np.sqrt(t2_new))


def _asked_for(looks: list[_Look], widths: Widths, params: IntegrateParams) -> Widths:
    """The widths that all looks together ask for; given ones stay."""
    weight = np.concatenate([look.learned.weight for look in looks])
    spread = np.concatenate([look.learned.spread for look in looks])
    twice_sine = np.concatenate([look.twice_sine for look in looks])
    sigma_b, sigma_t = fitted_spread(widths, spread, twice_sine, weight)
    scales = [np.log(best_scale(k.c3, k.learned.shares, k.learned.weight)) for k in looks]
    scale = np.exp(np.average(scales, weights=[k.learned.weight.sum() for k in looks]))
    return Widths(params.sigma_b or sigma_b, params.sigma_m or widths.sigma_m * float(scale), sigma_t)


def sample_sweep(experiment: Experiment, spots: Reflections, params: IntegrateParams, workers: Workers) -> Sample:
    """Widths and mean profile from the strong ``spots`` of one sweep on a few of its images.

    The second moments about the predicted centre, within the foreground, are made equal to those of the Gaussian on
    the same pixels; sigma_m has the greatest likelihood. All are found again with the foreground they define.
    """
    if not len(spots):
        return Sample(0, Widths(np.nan, np.nan), ProfileSums.empty())
    runs = _read_runs(experiment, spots, workers)
    first = first_widths(experiment, spots)
    widths = rough = Widths(params.sigma_b or first.sigma_b, params.sigma_m or first.sigma_m)
    for _ in range(CYCLES):
        looks = [_look_at(experiment, run, widths, params, workers) for run in runs]
        looks = [look for look in looks if len(look.learned.weight)]
        if not looks:
            return Sample(0, rough, ProfileSums.empty())
        sums = sum((look.learned.sums for look in looks), ProfileSums.empty())
        fresh = _asked_for(looks, widths, params)
        settled = max(abs(fresh.sigma_b / widths.sigma_b - 1), abs(fresh.sigma_m / widths.sigma_m - 1)) < 0.01
        if settled:
            break
        widths = fresh
    return Sample(sum(len(look.learned.weight) for look in looks), widths, sums)


def pooled_widths(samples: list[Sample], params: IntegrateParams) -> list[Widths]:
    """The widths of each sweep: its own, drawn to those of all sweeps where its spots are few.

    Where no sweep has a usable spot, the rough ones from the boxes of spots serve. Raises InputError where there is
    no strong spot at all and the widths are not given.
    """
    n = np.array([s.spots for s in samples], float)
    if not n.any():
        n = np.array([np.isfinite(s.widths.sigma_b) for s in samples], float)
    if not n.any() and not (params.sigma_b and params.sigma_m):
        raise InputError(
            "integrate found no strong indexed spot to measure spot widths from; "
            "check index and refine, or give sigma_b and sigma_m"
        )
    drawn = []
    for name, given in (("sigma_b", params.sigma_b), ("sigma_m", params.sigma_m), ("sigma_t", None)):
        own = np.nan_to_num([getattr(s.widths, name) for s in samples])
        mean = (n * own).sum() / max(n.sum(), 1.0)
        drawn.append(np.full(len(n), given) if given else (n * own + POOL_STRENGTH * mean) / (n + POOL_STRENGTH))
    return [Widths(*map(float, three)) for three in zip(*drawn)]
