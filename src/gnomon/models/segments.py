"""Models on some of a scan's images: angles, positions and image numbers stay what they were."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from gnomon.models.experiment import Experiment
from gnomon.models.imageset import ImageSet
from gnomon.models.profile import GaussianProfile
from gnomon.models.scan import Scan

_ALONG = {
    "crystal": "A_at_scan_points",
    "beam": "s0_at_scan_points",
    "goniometer": "setting_rotation_at_scan_points",
}
"""What may vary along the scan of each model."""


def segment(experiment: Experiment, first: int, last: int) -> Experiment:
    """The experiment on images ``first`` to ``last``, which its scan holds; models that do not vary are shared.

    It keeps its identifier: to be used within a step, not to be written.
    """
    scan = experiment.needed_scan
    start, stop = first - scan.image_range[0], last - scan.image_range[0] + 1
    varying = {
        name: along_points(getattr(experiment, name), points, start, stop)
        for name, points in _ALONG.items()
        if getattr(experiment, name) is not None
    }
    return experiment.replace(
        scan=sliced_scan(scan, start, stop, str), images=sliced_images(experiment.images, start, stop), **varying
    )


def sliced_scan(scan: Scan, start: int, stop: int, named: Callable[[str], str]) -> Scan:
    """The scan without its first ``start`` images and those from ``stop`` on: angles stay what they were.

    named: the identifier of a sliced experiment, by which the scan knows its valid ranges.
    """
    first = scan.image_range[0] + start
    phi, width = scan.oscillation
    last = first + stop - start - 1
    clipped = {
        named(name): [[max(a, first), min(b, last)] for a, b in ranges if a <= last and b >= first]
        for name, ranges in scan.valid_image_ranges.items()
    }
    return replace(
        scan,
        image_range=(first, last),
        oscillation=(phi + width * start, width),
        exposure_time=None if scan.exposure_time is None else scan.exposure_time[start:stop],
        epochs=None if scan.epochs is None else scan.epochs[start:stop],
        valid_image_ranges=clipped,
    )


def along_points(model: Any, name: str, start: int, stop: int) -> Any:
    """A model that may vary along the scan: values stand at the ends of images, one more than there are images."""
    points = getattr(model, name, None)
    return model if points is None else replace(model, **{name: points[start : stop + 1]})


def sliced_images(images: ImageSet | None, start: int, stop: int) -> ImageSet | None:
    """Multi-image files list the frames they hold; templates and lists of files go by image number."""
    if images is None or not images.indices:
        return images
    return replace(images, indices=images.indices[start:stop])


def sliced_profile(profile: Any, start: int, stop: int) -> Any:
    """A width for each image where there are several."""
    if not isinstance(profile, GaussianProfile):
        return profile
    widths = {name: getattr(profile, name) for name in ("sigma_b", "sigma_m")}
    return replace(profile, **{k: v[start:stop] if np.ndim(v) and len(v) >= stop else v for k, v in widths.items()})
