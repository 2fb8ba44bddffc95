"""find_spots: strong pixels image by image, then spots across images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.errors import InputError
from gnomon.io.images.fitted import images_of
from gnomon.io.images.masks import static_mask
from gnomon.io.images.packed import PackedImages
from gnomon.io.images.shaded import unshadowed
from gnomon.maths.usable_pixels import usable_pixels
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import Progress, Result, require_experiment, require_images, require_range
from gnomon.steps.find_spots.blanks import blank_images, mean_background, stretches_that_count, with_stretches
from gnomon.steps.find_spots.counts import Counts, counts_of
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.stream import SpotStream
from gnomon.steps.find_spots.strong import StrongPixels
from gnomon.steps.find_spots.threshold import threshold_for

_AHEAD = 4
"""Images a worker may be ahead: it works on while spots of many images are measured at once."""


def find_spots(
    experiments: Experiments,
    reflections: Reflections,
    params: FindSpotsParams,
    *,
    workers: Workers = SERIAL,
    progress: Progress | None = None,
) -> Result:
    """The experiments as they are and a table of strong spots (reflections given are not looked at).

    Thresholds: Winter et al. 2018, Acta D74, 85; components are joined across the whole sweep, so that the
    number of workers cannot matter. Experiments that share images are searched once, under the first's number.
    Raises InputError where there are no images, an experiment to exclude is not there, or too many
    pixels are strong.
    """
    require_images("find_spots", experiments)
    for rule in params.exclude_images:
        if len(rule) == 3:
            require_experiment("exclude_images", rule[0], experiments)
    sweeps = [rows[0] for _, rows in experiments.groups_sharing("images")]
    total = sum(len(image_numbers(experiments[i], i, params)) for i in sweeps)
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress("finding spots", done, total)

    tables, stats = [], []
    for i in sweeps:
        spots, report = search(experiments[i], i, params, workers, tick)
        tables.append(spots.with_columns({"id": np.full(len(spots), i)}))
        stats.append(report)
    if any(report["blank"] for report in stats):
        counting = [stretches_that_count(experiments[i], report["blank"]) for i, report in zip(sweeps, stats)]
        tables = [with_stretches(spots, stretches) for spots, stretches in zip(tables, counting)]
    identifiers = {i: experiments[i].identifier for i in sweeps}
    found = Reflections.concatenate(tables).with_identifiers(identifiers)
    told = {"algorithm": _all_of(stats), "reasons": _reasons(stats)}
    return Result(experiments, found, {"n_spots": len(found), "sweeps": stats, **told})


def _all_of(sweeps: list[dict[str, Any]]) -> str:
    """The tests that were used, each once."""
    return ", ".join(dict.fromkeys(s["algorithm"] for s in sweeps))


def _reasons(sweeps: list[dict[str, Any]]) -> list[str]:
    return [reason for sweep in sweeps for reason in sweep["reasons"]]


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


def search(
    experiment: Experiment, number: int, params: FindSpotsParams, workers: Workers, tick: Callable[[], None]
) -> tuple[Reflections, dict[str, Any]]:
    """The spots of one sweep, and what was counted on the way."""
    images = image_numbers(experiment, number, params)
    packed = PackedImages(unshadowed(images_of(experiment), experiment))
    use = usable_pixels(experiment, static_mask(experiment), params)
    kind = counts_of(_middle(packed, images), use, experiment.detector.panels)
    threshold = threshold_for(experiment, use, params, signed=kind.signed)
    size = int(experiment.detector.image_sizes.prod(axis=1).sum())

    def strong_pixels(image: int, fetched: Callable[[], Any]) -> tuple[list[StrongPixels], float]:
        pixels = packed.pixels(fetched)
        found = threshold(pixels)
        fraction = sum(len(f.index) for f in found) / size
        if fraction > params.max_strong_pixel_fraction:
            raise InputError(
                f"image {image}: {fraction:.0%} of the pixels are strong, more than max_strong_pixel_fraction="
                f"{params.max_strong_pixel_fraction:g}; check the gain, or raise sigma_strong or n_iqr"
            )
        return found, mean_background(pixels, use, found)

    stream, means, counts = SpotStream(experiment.detector, params), [], []
    work = zip(images, packed.fetched(images))
    found = workers.map(lambda item: strong_pixels(*item), work, ahead=_AHEAD)
    for image, (strong, mean) in zip(images, found):
        stream.add(image - 1, strong)
        means.append(mean)
        counts.append(sum(len(panel.index) for panel in strong))
        tick()
    found_in_all = stream.finish()
    spots = found_in_all.table
    each = _per_image(spots, images)
    return spots, {
        "experiment": number,
        "images": images,
        "strong_pixels": counts,
        "spots": each,
        "background": means,
        "blank": [] if experiment.is_still else blank_images(images, each, means),
        "removed": found_in_all.removed,
        "algorithm": _algorithm(params, kind),
        "reasons": [*filter(None, [_told(params, kind, number)]), *found_in_all.reasons],
    }


def _middle(packed: PackedImages, images: list[int]) -> list[np.ndarray]:
    """The pixels of the image in the middle, a copy: (slow, fast) a panel."""
    (fetched,) = packed.fetched([images[len(images) // 2]])
    return [np.array(panel) for panel in packed.pixels(fetched)]


def _algorithm(params: FindSpotsParams, counts: Counts) -> str:
    return params.algorithm or ("radial_profile" if counts.signed else "dispersion_extended")


def _told(params: FindSpotsParams, counts: Counts, number: int) -> str:
    """What the user should know of the counts, or nothing."""
    if counts.untold_pedestal:
        return (
            f"experiment {number}: its counts scatter as if {counts.untold_pedestal:.0f} of them were a pedestal that "
            "the header does not tell: where that is so, import again with pedestal=..."
        )
    if counts.signed and params.algorithm is None:
        return (
            f"experiment {number}: its counts are noise about zero, not counts of photons: strong pixels are found by "
            "radial_profile; give import trusted_range=lowest,highest with a lowest below the noise, for integration"
        )
    if counts.signed and params.algorithm != "radial_profile":
        return (
            f"experiment {number}: its counts are noise about zero, and {params.algorithm} takes them for counts of "
            "photons; threshold.algorithm=radial_profile does not"
        )
    return ""


def _per_image(spots: Reflections, images: list[int]) -> list[int]:
    """How many spots are centred on each image."""
    z = np.floor(spots["xyzobs.px.value"][:, 2]).astype(int) + 1
    counts = np.bincount(z - images[0], minlength=images[-1] - images[0] + 1)
    return [int(counts[j - images[0]]) for j in images]
