"""find_spots: strong pixels image by image, then spots across images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnomon.distribute.executor import Tally
from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.io.images.experiment_images import calibrated, images_of, unshadowed
from gnomon.io.images.masks import Masks, static_mask
from gnomon.io.images.packed import PackedImages
from gnomon.maths.images.usable_pixels import usable_pixels
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import HERE, Context, Result, require_experiment, require_images, require_range
from gnomon.steps.find_spots.bad_images import (
    Flood,
    Whole,
    blank_images,
    flooded_row,
    odd_images,
    stretches_that_count,
    too_many_strong,
    whole_of,
    with_stretches,
)
from gnomon.steps.find_spots.given_finder import GivenFinder, finder_for, in_groups, is_given
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.spots import SpotStream
from gnomon.steps.find_spots.summary import BadImages, BlankStretch, FindSpotsSummary, SweepSummary
from gnomon.steps.find_spots.sums import (
    Cells,
    Choice,
    Instrument,
    Scale,
    SpotsInSums,
    Summed,
    United,
    best_scale,
    scales_to_try,
    unite,
)
from gnomon.steps.find_spots.threshold import Counts, StrongPixels, counts_of
from gnomon.summary import Decision

_AHEAD = 4
"""Images a worker may be ahead: it works on while spots of many images are measured at once."""


def find_spots(
    experiments: Experiments,
    reflections: Reflections,
    params: FindSpotsParams,
    context: Context = HERE,
) -> Result[FindSpotsSummary]:
    """The experiments as they are and a table of strong spots (reflections given are not looked at).

    Thresholds: Winter et al. 2018, Acta D74, 85; components are joined across the whole sweep, so that the
    number of workers cannot matter. Experiments that share images are searched once, under the first's number.
    Raises InputError where there are no images, an experiment to exclude is not there, or too many
    pixels are strong on most images.
    """
    require_images("find_spots", experiments)
    for rule in params.exclude_images:
        if len(rule) == 3:
            require_experiment("exclude_images", rule[0], experiments)
    numbers = [rows[0] for _, rows in experiments.groups_sharing("images")]
    ends = np.cumsum([0] + [len(image_numbers(experiments[i], i, params)) for i in numbers]).tolist()
    tally = Tally(context.progress, "finding spots", ends[-1])
    task = SearchOfSweep(params, ends[-1], context.executor.inside(context.workers), tally)
    sweeps = [Sweep(i, experiments[i], before) for i, before in zip(numbers, ends)]
    done, flood = [], Flood(ends[-1], params.max_strong_pixel_fraction)
    for looked, sweep, end in zip(context.executor.map(task, sweeps), sweeps, ends[1:]):
        flood.add(looked.flood)
        if flood.is_the_rule or looked.found is None:
            why = too_many_strong(flood.largest, sweep.experiment.detector, params, looked.signed)
            raise InputError(f"{flood.where} {why}")
        tally.at(end)
        done.append(looked.found)
    return Result(experiments, _all_spots(experiments, done), _summary(done))


@dataclass(frozen=True, eq=False)
class Sweep:
    """The first experiment on some images, its number, and how many images are searched before."""

    number: int
    experiment: Experiment
    before: int


@dataclass(frozen=True, eq=False)
class SearchOfSweep:
    """The task of searching one sweep; ``total``: the images of all."""

    params: FindSpotsParams
    total: int
    workers: Workers
    tally: Tally

    def __call__(self, sweep: Sweep) -> Looked:
        flood = Flood(self.total, self.params.max_strong_pixel_fraction)
        looks = Looks(sweep.experiment, sweep.number, self.params, flood)
        found = search(looks, self.workers, lambda seen: self.tally.at(sweep.before + seen))
        return Looked(flood, looks.kind.signed, found)


@dataclass(frozen=True, eq=False)
class Looked:
    """What became of a sweep: its flooded images, whether counts are noise about zero, and what was found.

    Nothing is found where its flooded images alone are more than half of all images of all sweeps.
    """

    flood: Flood
    signed: bool
    found: Searched | None


@dataclass(frozen=True, eq=False)
class Searched:
    """The spots of one sweep, what was counted on the way, and what was decided."""

    spots: Reflections
    summary: SweepSummary
    decisions: tuple[Decision, ...]


def _all_spots(experiments: Experiments, done: Sequence[Searched]) -> Reflections:
    """The spots of all sweeps, under their experiments; with the images that count where some do not."""
    tables = [one.spots.with_columns({"id": np.full(len(one.spots), one.summary.experiment)}) for one in done]
    if any(one.summary.blank or one.summary.bad for one in done):
        counting = [stretches_that_count(experiments[one.summary.experiment], one.summary) for one in done]
        tables = [with_stretches(spots, stretches) for spots, stretches in zip(tables, counting)]
    identifiers = {i: experiments[i].identifier for i in (one.summary.experiment for one in done)}
    return Reflections.concatenate(tables).with_identifiers(identifiers)


def _summary(done: Sequence[Searched]) -> FindSpotsSummary:
    return FindSpotsSummary(
        n_spots=sum(len(one.spots) for one in done),
        algorithm=", ".join(dict.fromkeys(one.summary.algorithm for one in done)),
        sweeps=tuple(one.summary for one in done),
        decisions=tuple(decision for one in done for decision in one.decisions),
    )


def image_numbers(experiment: Experiment, number: int, params: FindSpotsParams) -> list[int]:
    """The images of experiment ``number`` to search, counted as in the scan.

    Raises InputError where the experiment has not the images of a range, or the ranges leave none.
    """
    for low, high in params.scan_range:
        require_range(f"scan_range={low},{high}", low, high, experiment, number)
    first, last = experiment.image_range
    wanted = [j for j in range(first, last + 1) if not params.scan_range or _within(j, params.scan_range)]
    excluded = [rule[-2:] for rule in params.exclude_images if len(rule) == 2 or rule[0] == number]
    wanted = [j for j in wanted if not _within(j, tuple(excluded))]
    if not wanted:
        raise InputError(f"scan_range and exclude_images leave no image of experiment {number} ({first} to {last})")
    return wanted


def _within(image: int, ranges: tuple[tuple[int, ...], ...]) -> bool:
    return any(first <= image <= last for first, last in ranges)


def _looked_at(experiment: Experiment, params: FindSpotsParams) -> Masks:
    """The pixels that may be used, within the region of interest. Raises InputError where none of it is on a panel."""
    masks = static_mask(experiment, params.mask)
    if params.region_of_interest is None:
        return masks
    x0, x1, y0, y1 = params.region_of_interest
    cut = tuple(np.zeros_like(mask) for mask in masks)
    for mask, inside in zip(masks, cut):
        inside[y0:y1, x0:x1] = mask[y0:y1, x0:x1]
    if not any(inside.any() for inside in cut):
        raise InputError(
            f"region_of_interest={x0},{x1},{y0},{y1} holds no pixel of a panel; give x0,x1,y0,y1 in pixels"
        )
    return cut


class Looks:
    """What is seen of the images of one sweep, one by one, in their order."""

    def __init__(self, experiment: Experiment, number: int, params: FindSpotsParams, flood: Flood) -> None:
        self.experiment, self.number, self.params, self.flood = experiment, number, params, flood
        self.images = image_numbers(experiment, number, params)
        self._packed = PackedImages(unshadowed(calibrated(images_of(experiment), experiment), experiment))
        self._use = usable_pixels(experiment, _looked_at(experiment, params), params)
        self.kind = counts_of(_middle(self._packed, self.images), self._use, experiment.detector.panels)
        self._threshold = finder_for(experiment, self._use, params, signed=self.kind.signed)
        self._size = int(experiment.detector.image_sizes.prod(axis=1).sum())
        self.wholes: dict[int, Whole] = {}
        self.flooded: dict[int, float] = {}

    def each(self, workers: Workers) -> Iterator[tuple[int, list[StrongPixels]]]:
        """The strong pixels of each image that is not flooded, by its number; what it is as a whole is kept.

        It ends where too many images are flooded.
        """
        for image, (strong, whole) in zip(self.images, self.looked_at(workers)):
            fraction = whole.strong / self._size
            if self.flood.takes(fraction, image, self.number):
                if self.flood.is_the_rule:
                    return
                self.flooded[image] = fraction
                strong = [StrongPixels(panel.index[:0], panel.value[:0]) for panel in strong]
            else:
                self.wholes[image] = whole
            yield image, strong

    def sums(self, images: Iterable[int], scale: Scale, spots: Reflections, workers: Workers) -> Summed:
        """The spots of sums of ``images``, flooded ones left out; ``spots`` were found on single ones."""
        cells = Cells.of(self.experiment.detector, self._use, scale.pixels)
        search = SpotsInSums(cells, scale, self.params, spots)
        numbers = [j for j in images if j not in self.flooded]
        work = self._packed.fetched(numbers)
        for j, counts in zip(numbers, workers.map(lambda f: cells.counts(self._packed.pixels(f)), work, ahead=1)):
            search.add(j - 1, counts)
        return search.finish()

    def instrument(self) -> Instrument:
        """What of it matters to the scale of sums."""
        edges = self.experiment.detector.pixel_sizes.min()
        return Instrument(self._size, float(edges), self.experiment.needed_scan.oscillation[1])

    def looked_at(self, workers: Workers) -> Iterator[tuple[list[StrongPixels], Whole]]:
        """The strong pixels of each image in turn, and what it is as a whole."""
        work = self._packed.fetched(self.images)
        if not isinstance(self._threshold, GivenFinder):
            yield from workers.map(self._one, work, ahead=_AHEAD)
            return
        for group in workers.map(self._several, in_groups(work, self._threshold.batch), ahead=1):
            yield from group

    def _several(self, fetched: Sequence[Callable[[], Any]]) -> list[tuple[list[StrongPixels], Whole]]:
        assert isinstance(self._threshold, GivenFinder)
        images = [tuple(panel.copy() for panel in self._packed.pixels(one)) for one in fetched]
        return [(found, whole_of(one, self._use, found)) for one, found in zip(images, self._threshold.several(images))]

    def _one(self, fetched: Callable[[], Any]) -> tuple[list[StrongPixels], Whole]:
        pixels = self._packed.pixels(fetched)
        found = self._threshold(pixels)
        return found, whole_of(pixels, self._use, found)


def search(looks: Looks, workers: Workers, tell: Callable[[int], None]) -> Searched | None:
    """One sweep searched; None where too many images are flooded. tell: is given the number of images seen."""
    experiment, params = looks.experiment, looks.params
    stream, counts = SpotStream(experiment.detector, params), []
    for image, strong in looks.each(workers):
        stream.add(image - 1, strong)
        counts.append(sum(len(panel.index) for panel in strong))
        tell(len(counts))
    if looks.flood.is_the_rule:
        return None
    found = stream.finish()
    table, sums, why = _with_sums(looks, found.table, workers)
    each = dict(zip(looks.images, _per_image(table, looks.images)))
    blank, bad = _not_to_count(looks, each)
    summary = SweepSummary(
        experiment=looks.number,
        images=tuple(looks.images),
        strong_pixels=tuple(counts),
        spots=tuple(each.values()),
        background=tuple(looks.wholes[j].background if j in looks.wholes else 0.0 for j in looks.images),
        blank=tuple(blank),
        bad=tuple(bad),
        removed=found.removed,
        sums=sums,
        algorithm=_algorithm(params, looks.kind),
    )
    return Searched(table, summary, (*_told(looks), *found.decisions, *why))


def _with_sums(
    looks: Looks, spots: Reflections, workers: Workers
) -> tuple[Reflections, Mapping[str, int], list[Decision]]:
    """The spots with those of sums of images, where these are worth while; the numbers of both; and what was done."""
    params, experiment = looks.params, looks.experiment
    without = is_given(params) or _algorithm(params, looks.kind) == "radial_profile"
    if experiment.is_still or params.force_2d or without:
        return spots, {}, []
    scales = scales_to_try(spots, len(looks.images), looks.instrument(), params)
    if scales and params.shoeboxes:
        why = "what is found in them has no shoeboxes"
        return spots, {}, [Decision("sums of images were not searched", why, parameter="shoeboxes", link=": ")]

    def search(images: Iterable[int], scale: Scale, known: Reflections) -> Summed:
        return looks.sums(images, scale, known, workers)

    choice = Choice(scales[0]) if scales and params.sum_images else best_scale(looks.images, spots, scales, search)
    if choice.scale is None:
        return spots, {}, [_too_few(choice)] if scales else []
    united = choice.united or unite(spots, search(looks.images, choice.scale, spots))
    return united.table, _of_sums(united), [_searched(choice.scale, united)]


def _of_sums(united: United) -> dict[str, int]:
    return {
        "spots of single images that are in those of sums": -united.pieces,
        "spots of sums in their place": united.measured_anew,
        "spots of sums alone": united.new,
    }


def _too_few(choice: Choice) -> Decision:
    """That sums of images are not used."""
    why = f"{choice.gained} of {choice.known} spots would be better by them, too few"
    evidence = {"better": choice.gained, "spots": choice.known}
    return Decision("sums of images were tried", why, evidence, "sum_images", link=": ")


def _searched(scale: Scale, united: United) -> Decision:
    """That sums of images are used."""
    cells = f", in cells of {scale.pixels} x {scale.pixels} px" if scale.pixels > 1 else ""
    what = f"sums of {scale.images}{cells} were searched as well, with {united.new} "
    evidence = {"images": scale.images, "new": united.new, "measured_anew": united.measured_anew}
    return Decision(
        f"spots are spread over many images: {what}more spots, and {united.measured_anew} measured anew",
        evidence=evidence,
        parameter="sum_images",
    )


def _not_to_count(looks: Looks, spots: dict[int, int]) -> tuple[list[BlankStretch], list[BadImages]]:
    """The blank stretches, and the faults of other images; ``spots`` of each image."""
    flooded = flooded_row(list(looks.flooded), list(looks.flooded.values()))
    if looks.experiment.is_still:
        return [], flooded
    wholes = looks.wholes
    blank = blank_images(list(wholes), [spots[j] for j in wholes], [w.background for w in wholes.values()])
    lit = [j for j in wholes if not any(row.first <= j <= row.last for row in blank)]
    return blank, flooded + odd_images(lit, [wholes[j] for j in lit], [spots[j] for j in lit])


def _middle(packed: PackedImages, images: list[int]) -> list[np.ndarray]:
    """The pixels of the image in the middle, good until this thread reads the next: (slow, fast) a panel."""
    (fetched,) = packed.fetched([images[len(images) // 2]])
    return list(packed.pixels(fetched))


def _algorithm(params: FindSpotsParams, counts: Counts) -> str:
    return params.algorithm or ("radial_profile" if counts.signed else "dispersion_extended")


def _told(looks: Looks) -> list[Decision]:
    """What the user should know of the counts."""
    params, counts, number = looks.params, looks.kind, looks.number
    if counts.hidden_pedestal:
        what = (
            f"experiment {number}: its counts scatter as if {counts.hidden_pedestal:.0f} of them were a pedestal that "
            "the header does not tell: where that is so, import again with pedestal=..."
        )
        return [Decision(what, evidence={"pedestal": counts.hidden_pedestal})]
    if not counts.signed or params.algorithm == "radial_profile" or is_given(params):
        return []
    is_trusted = all(panel.trusted_range[0] < -1 for panel in looks.experiment.detector.panels)
    more = "" if is_trusted else "; its trusted_range does not hold the noise: for integration import again"
    if params.algorithm is None:
        what = (
            f"experiment {number}: its counts are noise about zero, not counts of photons: strong pixels are found by "
            f"radial_profile{more}"
        )
    else:
        what = (
            f"experiment {number}: its counts are noise about zero, and {params.algorithm} takes them for counts of "
            f"photons; threshold.algorithm=radial_profile does not{more}"
        )
    return [Decision(what, parameter="threshold.algorithm")]


def _per_image(spots: Reflections, images: list[int]) -> list[int]:
    """How many spots are centred on each image."""
    z = np.floor(spots["xyzobs.px.value"][:, 2]).astype(int) + 1
    counts = np.bincount(z - images[0], minlength=images[-1] - images[0] + 1)
    return [int(counts[j - images[0]]) for j in images]
