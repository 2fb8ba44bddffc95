"""A first look at a few images: how wide spots are, and their mean profile.

Only short runs of images are read, spread over the scan, and only the strong spots on them. What is found is pooled
between sweeps, so that one with few spots has the widths of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.kernels.shoebox import Boxes, Panels, Patches
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.integrate.boxes import place_boxes
from gnomon.steps.integrate.gathering import Gathering, SweepImages
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.profiles import Learned, ProfileSums, learn
from gnomon.steps.integrate.summation import Sums, summed
from gnomon.steps.integrate.width_fit import (
    COARSEST,
    FINEST,
    SpotMoments,
    WidthFit,
    fit_spot_widths,
    rocking_beyond_scan,
)
from gnomon.steps.integrate.widths import SpotTerms, SpotWidths, kabsch_frame, spot_terms

CYCLES = 8
SHORT_ROUNDS = 6
"""Rounds on one run of images, at most, until the widths found are near those with which spots were gathered."""
CLOSE = 1.15
"""Widths that differ by less than this factor are near each other."""
DEEP = 80.0
"""Percentile of the depths of spots of which two fit one after the other into a run of images."""
LEAST_FRAMES, MOST_FRAMES = 16, 48
"""Images looked at in a sweep: an eighth of it within these bounds."""
ROUGH_STRENGTH = 2.0
"""Weight, in spots, of the widths guessed from the boxes of the spots that were found."""
LARGEST_SPOT = 0.25
"""Of the detector's shorter side: of spots that large there is room for a handful."""
WIDE = 4.0
"""Standard deviations of a strong spot that are above a spot finder's threshold."""
LEAST_ACROSS, LEAST_ALONG = 0.4, 0.1
"""Least standard deviations thought of before spots are looked at, px and images: found boxes tell no less."""
ENOUGH = 40
"""Spots that tell widths to some percent; with fewer a smaller foreground is tried, which fewer neighbours reach."""
TIGHTER = (0.7, 0.5)
"""Factors on the foreground's radius where too few spots stand alone."""
SETTLED = 0.01
"""Relative change of widths below which they are not found again."""
FEW_SPOTS = 300
"""A sweep with fewer strong spots is looked at where they are."""
FEW_IMAGES = 10
"""In a scan of so few images boxes of spots are cut, and say less of rocking widths than which spots were found."""


class SampleSize(NamedTuple):
    """How many runs of images are looked at, and spots; and for widths how many times those assumed there is room."""

    runs: int
    spots: int
    room: float


SHORT, LONG = SampleSize(1, 400, 2.0), SampleSize(MOST_FRAMES, 3000, 1.25)


@dataclass(frozen=True, eq=False)
class Sample:
    """What the strong spots of one sweep say: their moments (where there are any), widths and summed profile."""

    moments: SpotMoments | None
    fit: WidthFit
    sums: ProfileSums
    change: float = np.inf  # mean relative one of the widths from those with which spots were gathered

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

    Spread evenly over the spots where they abound, wherever in the scan they are; where they are few, the runs that
    hold most of them.
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
        middles = np.quantile(z, (np.arange(n_runs) + 0.5) / n_runs)
        apart = np.arange(n_runs) * length  # at least
        starts = np.maximum.accumulate(np.round(middles - length / 2).astype(int) - apart) + apart
        starts = np.clip(starts, apart, n_images - length - apart[::-1])
    return [(int(s), int(s) + length) for s in starts]


def first_widths(experiment: Experiment, spots: Reflections) -> SpotWidths:
    """Rough widths from the boxes of the spots that were found: of one size on the detector, of one rocking width.

    In a short scan the rocking width is that by which predictions of found spots lie beyond its ends.
    """
    bbox, scan = spots["bbox"], experiment.needed_scan
    image, whole = scan_widths(experiment)
    sides = np.minimum(bbox[:, 1::2] - bbox[:, ::2], np.percentile(bbox[:, 1::2] - bbox[:, ::2], 90, axis=0)) - 1
    extent = sides.mean(axis=0)  # of the spot: a box is longer than what it holds by a pixel, or image, on average
    _check_extent(experiment, extent)
    across = max(extent[:2].mean() / WIDE, LEAST_ACROSS)
    if scan.n_images <= FEW_IMAGES:
        _, zeta = kabsch_frame(experiment.beam.s0, spots["s1"], experiment.needed_goniometer.lab_axis)
        late = (spots["xyzcal.px"][:, 2] - np.mean(scan.array_range)) * image
        along = rocking_beyond_scan(np.abs(zeta) * late, np.abs(zeta) * whole / 2, FINEST * image, COARSEST * whole)
    else:
        along = max(extent[2] / WIDE, LEAST_ALONG) * image
    size = across * experiment.detector.pixel_sizes[0, 0]
    return SpotWidths(point_spread=float(size), tangential=float(along), mosaicity=float(along))


def _check_extent(experiment: Experiment, extent: np.ndarray) -> None:
    """Raises InputError where spots of this mean extent, px, px, images, are none that a detector can part."""
    side, n_images = int(experiment.detector.image_sizes.min()), experiment.needed_scan.n_images
    if max(extent[:2]) > side * LARGEST_SPOT or extent[2] > max(n_images, 1):
        wide, high, deep = extent
        raise InputError(
            f"the spots are {wide:.0f} x {high:.0f} px and {deep:.0f} images large, the detector has {side} px, "
            f"the scan {n_images} images: the reflection file is of other images, or damaged; find spots again"
        )


def scan_widths(experiment: Experiment) -> tuple[float, float]:
    """Degrees an image turns, and the scan."""
    scan = experiment.needed_scan
    return abs(scan.oscillation[1]), abs(scan.oscillation[1]) * scan.n_images


@dataclass(frozen=True, eq=False)
class _Gathered:
    """M clean, whole and strong spots on some images, as they were gathered in foregrounds larger than theirs."""

    spots: Reflections
    boxes: Boxes
    panels: Panels
    patches: Patches
    background: np.ndarray  # (M, 6)
    total: np.ndarray  # (M, 4)
    is_crowded: bool  # whether others were left out because their foregrounds meet

    def __len__(self) -> int:
        return len(self.spots)

    def learned_with(self, experiment: Experiment, widths: SpotWidths, params: IntegrateParams) -> Learned:
        """What the spots say of their widths and profile if ``widths`` define their foreground."""
        model, rows = place_boxes(experiment, self.spots, widths, params).boxes, np.arange(len(self))
        return learn(
            self.boxes, model, self.panels, self.patches, rows, np.zeros_like(rows), 1, self.background, self.total
        )

    def moments(self, experiment: Experiment, learned: Learned, widths: SpotWidths) -> SpotMoments:
        """What the spots say of their widths, ``learned`` in the foregrounds that ``widths`` made."""
        terms = spot_terms(experiment, self.spots["panel"].astype(np.intp), self.spots["s1"])
        return SpotMoments(
            terms, widths.across(terms), learned.spread, learned.c3 * widths.rocking(terms)[:, None], learned.shares,
            learned.weight, 1 / np.linalg.norm(self.spots["s1"] - experiment.beam.s0, axis=1),
        )  # fmt: skip


def _chosen_runs(experiment: Experiment, spots: Reflections, z: np.ndarray, size: SampleSize) -> list[tuple[int, int]]:
    """The ranges of frames that are looked at, those that hold most of the boxes ``z`` (N, 2) of frames."""
    first = experiment.needed_scan.array_range[0]
    length = 2 * int(np.percentile(z[:, 1] - z[:, 0], DEEP)) + 2
    found = runs_of_frames(experiment.needed_scan.n_images, length, spots["xyzcal.px"][:, 2] - first)
    runs = [(first + low, first + high) for low, high in found]
    held = [((z[:, 0] >= low) & (z[:, 1] <= high)).sum() for low, high in runs]
    return [runs[k] for k in np.sort(np.argsort(-np.array(held), kind="stable")[: size.runs])]


def _gather(
    experiment: Experiment, spots: Reflections, widths: SpotWidths, params: IntegrateParams, workers: Workers,
    size: SampleSize,
) -> _Gathered:  # fmt: skip
    """The spots that lie wholly on the images looked at, with room for spots that are wider than ``widths``."""
    placed = place_boxes(experiment, spots, widths.times(size.room, size.room), params)
    z = placed.boxes.bbox[:, 4:]
    runs = _chosen_runs(experiment, spots, z, size)
    whole = np.any([(z[:, 0] >= low) & (z[:, 1] <= high) for low, high in runs], axis=0)
    whole = _thinned(whole & (np.abs(placed.zeta) >= params.min_zeta), size.spots)
    gathering, images = Gathering(placed.boxes), SweepImages(experiment, workers)
    sums = Sums.of(gathering)
    for _ in summed(gathering, images, runs, whole, sums, params, workers):
        pass
    which = np.flatnonzero(whole & ~gathering.contested)
    which = which[sums.strong(which, params.reference_threshold / 2)]
    patches = Patches(gathering.patches.values, gathering.patches.start[which])
    return _Gathered(
        spots.select(which), placed.select(which).boxes, images.panels, patches, sums.background[which],
        sums.total[which], bool(gathering.contested.any()),
    )  # fmt: skip


def _gather_enough(
    experiment: Experiment, spots: Reflections, widths: SpotWidths, params: IntegrateParams, workers: Workers,
    size: SampleSize,
) -> tuple[_Gathered, IntegrateParams]:  # fmt: skip
    """Spots as ``_gather`` has them, with the largest foregrounds in which enough stand alone, or else most do."""
    best, inside = _gather(experiment, spots, widths, params, workers, size), params
    for factor in TIGHTER:
        if len(best) >= ENOUGH or not best.is_crowded:
            break
        smaller = params.changed(  # the background stays as far away
            n_sigma=factor * params.n_sigma, guard=params.guard / factor, box_scale=params.box_scale / factor
        )
        gathered = _gather(experiment, spots, widths, smaller, workers, size)
        if len(gathered) > len(best):
            best, inside = gathered, smaller
    return best, inside


def _thinned(chosen: np.ndarray, most: int) -> np.ndarray:
    """(N,) bool: at most so many of those ``chosen`` (N,), evenly spread over their order."""
    rows = np.flatnonzero(chosen)
    kept = np.zeros(len(chosen), bool)
    kept[rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)]] = True
    return kept


def _converged(
    gathered: _Gathered, experiment: Experiment, fit: WidthFit, rough: SpotWidths, params: IntegrateParams, room: float
) -> Sample:
    """What the spots say in the foregrounds that their widths define, from ``fit`` on.

    rough: what is known of the widths beforehand. There is room for so many times the widths of ``fit``, and of more
    the pixels tell nothing.
    """
    start = fit.widths
    for _ in range(CYCLES):
        learned = gathered.learned_with(experiment, fit.widths, params)
        moments = gathered.moments(experiment, learned, fit.widths)
        fresh = fit_spot_widths(moments, fit.widths, rough, ROUGH_STRENGTH, *scan_widths(experiment))
        widths = fresh.widths.given(params.sigma_b, params.sigma_m)
        widths = widths.times(*np.minimum(1.0, room / _growth(start, widths, moments.terms)))
        change, fit = _change(fit.widths, widths, moments.terms), replace(fresh, widths=widths)
        if change < SETTLED:
            break
    return Sample(moments, fit, learned.sums[0], _change(start, fit.widths, moments.terms))


def _growth(one: SpotWidths, other: SpotWidths, terms: SpotTerms) -> np.ndarray:
    """(2,) mean factors by which ``other`` is wider across and along the rotation."""
    across = np.log(other.across(terms) / one.across(terms)).mean()
    return np.exp([across, np.log(other.rocking(terms) / one.rocking(terms)).mean()])


def _change(one: SpotWidths, other: SpotWidths, terms: SpotTerms) -> float:
    """The mean relative difference of widths across or along the rotation, whichever is greater."""
    across = np.abs(np.log(one.across(terms) / other.across(terms))).mean()
    return float(max(across, np.abs(np.log(one.rocking(terms) / other.rocking(terms))).mean()))


def sample_sweep(experiment: Experiment, spots: Reflections, params: IntegrateParams, workers: Workers) -> Sample:
    """Widths and mean profile from the strong ``spots`` of one sweep on a few of its images.

    The second moments about the predicted centre, within the foreground, are made equal to those of the Gaussian on
    the same pixels, and rocking curves to those observed (see ``width_fit``). All are found again with the foreground
    they define, and gathered again where that is far from the one they were gathered in.
    """
    if not len(spots):
        return Sample(None, WidthFit(SpotWidths(), 0.0, 0.0), ProfileSums.empty())
    rough = first_widths(experiment, spots)
    sample = Sample(None, WidthFit(rough.given(params.sigma_b, params.sigma_m), 0.0, 0.0), ProfileSums.empty())
    for size in (*[SHORT] * SHORT_ROUNDS, LONG):
        if size is SHORT and sample.change < np.log(CLOSE):
            continue
        gathered, inside = _gather_enough(experiment, spots, sample.fit.widths, params, workers, size)
        if len(gathered):
            sample = _converged(gathered, experiment, sample.fit, rough, inside, size.room)
    return sample


POOL_STRENGTH = 15.0
"""Weight, in spots, of the widths of all sweeps against those of one."""
MOST_SPOTS = 10000
"""Spots of all sweeps together that are looked at for what they have in common."""


def pooled_widths(experiments: Experiments, samples: Sequence[Sample], params: IntegrateParams) -> list[WidthFit]:
    """The widths of each sweep: its own, drawn to those of all sweeps on its detector by as much as it cannot tell.

    Where none on that detector has a usable spot, rough ones from boxes of spots serve, or those of other detectors.
    Raises InputError where there is no strong spot at all and the widths are not given.
    """
    fits = [s.fit for s in samples]
    for _, members in experiments.groups_sharing("detector"):
        measured = [n for n in members if samples[n].moments is not None]
        if measured:
            pooled = _fit_of_all([samples[n] for n in measured], [experiments[n] for n in measured])
        else:
            rough = [fits[n] for n in (*members, *range(len(fits))) if fits[n].widths.mosaicity > 0]
            pooled = rough[0] if rough else WidthFit(SpotWidths(), 0.0, 0.0)
        for n in members:
            moments, start = samples[n].moments, fits[n].widths
            if moments is None:
                fits[n] = replace(pooled, across=0.0, rocking=0.0)
            elif len(measured) > 1:
                fits[n] = fit_spot_widths(moments, start, pooled.widths, POOL_STRENGTH, *scan_widths(experiments[n]))
    return [_as_given(fit, params) for fit in fits]


def _fit_of_all(samples: Sequence[Sample], experiments: Sequence[Experiment]) -> WidthFit:
    """The widths that the spots of several sweeps together ask for."""
    if len(samples) == 1:
        return samples[0].fit
    best = max(samples, key=lambda s: s.fit.rocking).fit.widths
    moments = SpotMoments.concatenate([s.moments for s in samples if s.moments is not None])
    moments = moments.thinned(MOST_SPOTS)
    image, scan = (max(w) for w in zip(*map(scan_widths, experiments)))
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
