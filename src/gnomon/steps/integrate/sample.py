"""A first look at a few images: how wide spots are, and their mean profile.

Only short runs of images are read, spread over the scan, and only the strong spots on them; what comes out is
pooled between sweeps, so that one with few spots borrows from the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.kernels.shoebox import Panels
from gnomon.models.experiment import Experiment
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.step import InputError
from gnomon.steps.integrate.background import background_model
from gnomon.steps.integrate.boxes import Widths, place_boxes
from gnomon.steps.integrate.gathering import Gathering, in_parts
from gnomon.steps.integrate.images import SweepImages
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.reference import Learned, ProfileSums, learn
from gnomon.steps.integrate.rocking import best_scale
from gnomon.steps.integrate.summation import Sums
from gnomon.steps.integrate.sweep import SUMMED

CYCLES = 8
GATHERINGS = 6
"""Short looks, at one run of images, at most, until the widths found there are near those looked for."""
CLOSE = 1.2
"""Widths that are so near those of the foreground in which spots were gathered need no other gathering."""
MARGIN = 1.5
"""Spots are gathered with room for widths so many times those they seem to have."""
DEEP = 80.0
"""Percentile of the depths of spots of which two fit one after the other into a run of images."""
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
    """Rough widths from the boxes of the spots that were found, mosaic blocks turned as far about all axes."""
    bbox = spots["bbox"]
    across = np.median([bbox[:, 1] - bbox[:, 0], bbox[:, 3] - bbox[:, 2]]) / 4
    detector = experiment.detector
    distance = np.abs(np.einsum("ij,ij->i", detector.frames[:, :, 2], detector.normals)).mean()
    sigma_b = np.rad2deg(max(across, 0.5) * detector.pixel_sizes[0, 0] / max(distance, 1e-3))
    along = np.median(bbox[:, 5] - bbox[:, 4]) / 4
    sigma_m = float(max(along, 0.15) * abs(experiment.needed_scan.oscillation[1]))
    return Widths(float(sigma_b), sigma_m, sigma_m)


@dataclass(frozen=True, eq=False)
class _Gathered:
    """The clean, whole and strong spots on some images, as they were gathered in foregrounds larger than theirs."""

    gathering: Gathering
    panels: Panels
    sums: Sums
    spots: Reflections
    which: np.ndarray  # (M,) rows

    def seen_with(self, experiment: Experiment, widths: Widths, params: IntegrateParams) -> Learned:
        """What the spots say of their widths and profile if ``widths`` define their foreground."""
        model = place_boxes(experiment, self.spots, widths, params).boxes
        g, row = self.gathering, np.zeros(len(self.which), np.int64)
        return learn(g.boxes, model, self.panels, g.patches, self.which, row, 1, self.sums.background, self.sums.total)

    def twice_sine(self, experiment: Experiment) -> np.ndarray:
        """(M,) 2 sin(theta)."""
        q = self.spots["s1"][self.which] - experiment.beam.s0
        return np.linalg.norm(q, axis=1) * experiment.beam.wavelength


def _gather(
    experiment: Experiment, spots: Reflections, widths: Widths, params: IntegrateParams, workers: Workers, most: int
) -> _Gathered:
    """The spots that lie wholly on the images looked at, with room for spots MARGIN times as wide as ``widths``.

    most: runs of images that are looked at.
    """
    placed = place_boxes(experiment, spots, widths.times(MARGIN), params)
    z, first = placed.boxes.bbox[:, 4:], experiment.needed_scan.array_range[0]
    length = 2 * int(np.percentile(z[:, 1] - z[:, 0], DEEP)) + 2
    found = runs_of_frames(experiment.needed_scan.n_images, length, spots["xyzcal.px"][:, 2] - first)
    fullest = np.sort(np.argsort([-((z[:, 0] >= a + first) & (z[:, 1] <= b + first)).sum() for a, b in found])[:most])
    runs = [(first + found[k][0], first + found[k][1]) for k in fullest]
    whole = np.any([(z[:, 0] >= low) & (z[:, 1] <= high) for low, high in runs], axis=0)
    whole &= np.abs(placed.zeta) >= params.min_zeta
    gathering, images = Gathering(placed.boxes), SweepImages(experiment, workers)
    background = background_model(params.background, params.tuning_constant, params.min_pixels)
    sums = Sums.of(gathering)
    for _, rows in gathering.over(images, runs, whole, workers):
        in_parts(lambda part: sums.fill(gathering, images.panels, background, part), rows, SUMMED, workers)
        gathering.drop_surroundings(rows)
    which = np.flatnonzero(whole & ~gathering.contested)
    which = which[sums.strong(which, params.reference_threshold / 2)]
    return _Gathered(gathering, images.panels, sums, spots, which)


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


def _asked_for(learned: Learned, twice_sine: np.ndarray, widths: Widths, params: IntegrateParams) -> Widths:
    """The widths that the spots ask for; given ones stay."""
    sigma_b, sigma_t = fitted_spread(widths, learned.spread, twice_sine, learned.weight)
    scale = best_scale(learned.c3, learned.shares, learned.weight)
    return Widths(params.sigma_b or sigma_b, params.sigma_m or widths.sigma_m * scale, sigma_t)


def _settled(
    gathered: _Gathered, experiment: Experiment, widths: Widths, params: IntegrateParams
) -> tuple[Widths, Learned]:
    """The widths that define the foreground in which they are found, from ``widths`` on; and what was learned there.

    What was gathered has room for so much, and tells of no more.
    """
    sine = gathered.twice_sine(experiment)
    most = widths.times(MARGIN)
    for _ in range(CYCLES):
        learned = gathered.seen_with(experiment, widths, params)
        fresh = _asked_for(learned, sine, widths, params).within(most)
        if max(abs(fresh.sigma_b / widths.sigma_b - 1), abs(fresh.sigma_m / widths.sigma_m - 1)) < 0.01:
            break
        widths = fresh
    return widths, learned


def sample_sweep(experiment: Experiment, spots: Reflections, params: IntegrateParams, workers: Workers) -> Sample:
    """Widths and mean profile from the strong ``spots`` of one sweep on a few of its images.

    The second moments about the predicted centre, within the foreground, are made equal to those of the Gaussian on
    the same pixels; sigma_m has the greatest likelihood. All are found again with the foreground they define, and
    gathered again where that is far from the one they were gathered in.
    """
    if not len(spots):
        return Sample(0, Widths(np.nan, np.nan), ProfileSums.empty())
    first = first_widths(experiment, spots)
    widths = Widths(params.sigma_b or first.sigma_b, params.sigma_m or first.sigma_m, first.sigma_t)
    for _ in range(GATHERINGS):
        gathered = _gather(experiment, spots, widths, params, workers, 1)
        if not len(gathered.which):
            break
        start, (widths, _) = widths, _settled(gathered, experiment, widths, params)
        if np.abs(np.log([widths.sigma_b / start.sigma_b, widths.sigma_m / start.sigma_m])).max() < np.log(CLOSE):
            break
    gathered = _gather(experiment, spots, widths, params, workers, MOST_FRAMES)
    if not len(gathered.which):
        return Sample(0, widths, ProfileSums.empty())
    widths, learned = _settled(gathered, experiment, widths, params)
    return Sample(len(learned.weight), widths, learned.sums[0])


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
