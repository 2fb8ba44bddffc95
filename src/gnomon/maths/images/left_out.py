"""Images that are left out by hand: by experiment and range, as ``exclude_images=0:1:10`` has them."""

from __future__ import annotations

from collections.abc import Sequence

from gnomon.errors import InputError
from gnomon.maths.images.left_out_params import Ranges
from gnomon.models.experiment import Experiments
from gnomon.models.scan import ImageRange
from gnomon.models.valid_images import with_valid_ranges, without
from gnomon.step import require_experiment


def require_images_of(experiments: Experiments, ranges: Ranges) -> None:
    """Check that each range names images that its experiment has. Raises InputError."""
    for number, first, last in ranges:
        require_experiment("exclude_images", number, experiments)
        scan = experiments[number].scan
        if scan is None or last < scan.image_range[0] or first > scan.image_range[1]:
            has = "no images" if scan is None else f"images {scan.image_range[0]} to {scan.image_range[1]}"
            raise InputError(
                f"exclude_images={number}:{first}:{last}: experiment {number} has {has}; give some of those"
            )


def without_images(experiments: Experiments, ranges: Sequence[tuple[int, ...]]) -> Experiments:
    """The experiments, of which these images (experiment, first, last) no longer count; the ``.expt`` will say so.

    One of which no image would be left is as it was.
    """
    counting: dict[int, list[ImageRange]] = {}
    for number, first, last in ranges:
        counting[number] = without(counting.get(number, experiments[number].valid_ranges), [(first, last)])
    return with_valid_ranges(experiments, counting)


def with_images(experiments: Experiments, ranges: Ranges, kept: Sequence[ImageRange] = ()) -> Experiments:
    """The experiments without the images of ``ranges``, and, where there are some, only with those ``kept``.

    kept: (first, last) of every experiment. Raises InputError for images that are not there, and where an experiment
    would be left without any.
    """
    require_images_of(experiments, ranges)
    counting: dict[int, list[ImageRange]] = {}
    for number, e in enumerate(experiments):
        gone = [(first, last) for i, first, last in ranges if i == number]
        if e.scan is None or not (gone or kept):
            continue
        beyond = without([e.scan.image_range], kept) if kept else []
        counting[number] = without(e.valid_ranges, [*gone, *beyond])
        if not counting[number]:
            raise InputError(f"no image of experiment {number} is left; leave out fewer")
    return with_valid_ranges(experiments, counting)
