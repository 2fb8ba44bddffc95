"""A first look at a few images: how wide spots are, and their mean profile.

Only short runs of images are read, spread over the scan, and only the strong spots on them; what comes out is
pooled between sweeps, so that one with few spots borrows from the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.step import InputError
from gnomon.steps.integrate.boxes import Boxes, place_boxes
from gnomon.steps.integrate.frames import FrameRing
from gnomon.steps.integrate.kabsch import kabsch_frame
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.reference import Learned, ProfileSums, learn, rocking_coordinates
from gnomon.steps.integrate.summation import Sums, sum_boxes
from gnomon.steps.integrate.width_fit import (
    COARSEST,
    FINEST,
    SpotMoments,
    WidthFit,
    fit_spot_widths,
    rocking_beyond_scan,
)
from gnomon.steps.integrate.widths import SpotWidths, spot_terms

CYCLES = 8
LEAST_FRAMES, MOST_FRAMES = 16, 48
"""Images looked at in a sweep: an eighth of it within these bounds."""
ROUGH_STRENGTH = 2.0
"""Weight, in spots, of the widths guessed from the boxes of the spots that were found."""
FEW_SPOTS = 300
"""A sweep with fewer strong spots is looked at where they are."""
POOL_STRENGTH = 15.0
"""Weight, in spots, of the widths of all sweeps against those of one."""
MOST_SPOTS = 10000
"""Spots of all sweeps together that are looked at for what they have in common."""
FEW_IMAGES = 10
"""In a scan of so few images boxes of spots are cut, and say less of rocking widths than which spots were found."""


@dataclass(frozen=True, eq=False)
class Sample:
    """What the strong spots of one sweep say: their moments (none where there is no spot), widths and summed profile."""

    moments: SpotMoments | None
    fit: WidthFit
    sums: ProfileSums

    @property
    def spots(self) -> int:
        """How many there are."""
        return len(self.moments) if self.moments is not None else 0


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


def first_widths(experiment: Experiment, spots: Reflections) -> SpotWidths:
    """Rough widths from the boxes of the spots that were found: of one size on the detector, of one rocking width.

    In a short scan the rocking width is that by which predictions of found spots lie beyond its ends.
    """
    bbox, scan = spots["bbox"], experiment.needed_scan
    image, whole = _scan_widths(experiment)
    across = np.median([bbox[:, 1] - bbox[:, 0], bbox[:, 3] - bbox[:, 2]]) / 4
    if scan.n_images <= FEW_IMAGES:
        _, zeta = kabsch_frame(experiment.beam.s0, spots["s1"], experiment.needed_goniometer.lab_axis)
        late = (spots["xyzcal.px"][:, 2] - np.mean(scan.array_range)) * image
        along = rocking_beyond_scan(np.abs(zeta) * late, np.abs(zeta) * whole / 2, FINEST * image, COARSEST * whole)
    else:
        along = max(np.median(bbox[:, 5] - bbox[:, 4]) / 4, 0.15) * image
    return SpotWidths(point_spread=float(max(across, 0.5) * experiment.detector.pixel_sizes[0, 0]), mosaicity=along)


@dataclass(frozen=True, eq=False)
class _Run:
    ring: FrameRing
    spots: Reflections


@dataclass(frozen=True, eq=False)
class _Look:
    """What the spots of one run say for given widths."""

    learned: Learned
    moments: SpotMoments


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


def _look_at(experiment: Experiment, run: _Run, widths: SpotWidths, params: IntegrateParams, workers: Workers) -> _Look:
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
    return _Look(learned, _moments(experiment, run.spots.select(which), boxes.select(which), learned, widths))


def _moments(
    experiment: Experiment, spots: Reflections, boxes: Boxes, learned: Learned, widths: SpotWidths
) -> SpotMoments:
    """The moments of ``spots`` whose foregrounds ``widths`` made."""
    terms = spot_terms(experiment, spots["panel"].astype(np.intp), spots["s1"])
    c3 = rocking_coordinates(boxes, np.arange(len(boxes)), learned.shares.shape[1] + 1)
    return SpotMoments(
        terms, widths.across(terms), learned.spread, c3 * widths.rocking(terms)[:, None], learned.shares, learned.weight
    )


def _scan_widths(experiment: Experiment) -> tuple[float, float]:
    """Degrees an image turns, and the scan."""
    scan = experiment.needed_scan
    return abs(scan.oscillation[1]), abs(scan.oscillation[1]) * scan.n_images


def sample_sweep(experiment: Experiment, spots: Reflections, params: IntegrateParams, workers: Workers) -> Sample:
    """Widths and mean profile from the strong ``spots`` of one sweep on a few of its images.

    The second moments about the predicted centre, within the foreground, are made equal to those of the Gaussian on
    the same pixels; sigma_m has the greatest likelihood. All are found again with the foreground they define.
    """
    rough = first_widths(experiment, spots) if len(spots) else SpotWidths()
    nothing = Sample(None, WidthFit(rough, 0.0, 0.0), ProfileSums.empty())
    runs = _read_runs(experiment, spots, workers) if len(spots) else []
    fit = WidthFit(rough.given(params.sigma_b, params.sigma_m), 0.0, 0.0)
    sample = nothing
    for _ in range(CYCLES):
        looks = [_look_at(experiment, run, fit.widths, params, workers) for run in runs]
        looks = [look for look in looks if len(look.moments)]
        if not looks:
            return nothing
        moments = SpotMoments.concatenate([look.moments for look in looks])
        fresh = fit_spot_widths(moments, fit.widths, rough, ROUGH_STRENGTH, *_scan_widths(experiment))
        change = max(
            np.abs(fresh.widths.across(moments.terms) / fit.widths.across(moments.terms) - 1).mean(),
            np.abs(fresh.widths.rocking(moments.terms) / fit.widths.rocking(moments.terms) - 1).mean(),
        )
        sample = Sample(moments, fit, sum((look.learned.sums for look in looks), ProfileSums.empty()))
        if change < 0.01:
            break
        fit = replace(fresh, widths=fresh.widths.given(params.sigma_b, params.sigma_m))
    return sample


def pooled_widths(experiments: Experiments, samples: Sequence[Sample], params: IntegrateParams) -> list[WidthFit]:
    """The widths of each sweep: its own, drawn to those of all sweeps on its detector by as much as it cannot tell.

    Where no sweep has a usable spot, the rough ones from the boxes of spots serve. Raises InputError where there is
    no strong spot at all and the widths are not given.
    """
    fits = [s.fit for s in samples]
    for _, members in experiments.groups_sharing("detector"):
        told = [n for n in members if samples[n].moments is not None]
        if told:
            pooled = _fit_of_all([samples[n] for n in told], [experiments[n] for n in told])
        else:
            rough = [fits[n] for n in members if fits[n].widths.mosaicity > 0]
            pooled = rough[0] if rough else WidthFit(SpotWidths(), 0.0, 0.0)
        for n in members:
            moments, start = samples[n].moments, fits[n].widths
            if moments is None:
                fits[n] = replace(pooled, across=0.0, rocking=0.0)
            elif len(told) > 1:
                fits[n] = fit_spot_widths(moments, start, pooled.widths, POOL_STRENGTH, *_scan_widths(experiments[n]))
    return [_as_given(fit, params) for fit in fits]


def _fit_of_all(samples: Sequence[Sample], experiments: Sequence[Experiment]) -> WidthFit:
    """The widths that the spots of several sweeps together ask for."""
    if len(samples) == 1:
        return samples[0].fit
    best = max(samples, key=lambda s: s.fit.rocking).fit.widths
    moments = SpotMoments.concatenate([s.moments for s in samples if s.moments is not None])
    moments = moments.thinned(MOST_SPOTS)
    image, scan = (max(w) for w in zip(*map(_scan_widths, experiments)))
    return fit_spot_widths(moments, best, best, ROUGH_STRENGTH, image, scan)


def _as_given(fit: WidthFit, params: IntegrateParams) -> WidthFit:
    """The same with the widths the user gave; raises InputError where that leaves some unknown."""
    widths = fit.widths.given(params.sigma_b, params.sigma_m)
    if not (widths.constant_b and widths.constant_m) and not fit.widths.mosaicity > 0:
        raise InputError(
            "integrate found no strong indexed spot to measure spot widths from; "
            "check index and refine, or give sigma_b and sigma_m"
        )
    return replace(fit, widths=widths)
