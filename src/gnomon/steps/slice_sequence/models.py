"""The models of an experiment on some of its images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from gnomon.models.experiment import Experiment
from gnomon.models.imageset import ImageSet
from gnomon.models.profile import GaussianProfile
from gnomon.models.scaling_model import ScalingModel
from gnomon.models.scan import Scan
from gnomon.steps.slice_sequence.scaling import sliced_scaling


class Slicer:
    """Experiments on some of their images; models that experiments share are cut once, and stay shared."""

    def __init__(self, named: Callable[[str, int, int], str]) -> None:
        self._named = named  # the identifier of a slice: of the whole, its first and last image
        self._done: dict[tuple[int, int, int], Any] = {}
        self.without_scaling = 0  # experiments whose scaling model could not be cut

    def slice(self, experiment: Experiment, first: int, last: int) -> Experiment:
        """The experiment on images ``first`` to ``last``, which its scan holds."""
        scan = experiment.scan
        assert scan is not None
        start, stop = first - scan.image_range[0], last - scan.image_range[0] + 1

        def cut(model: Any, change: Any) -> Any:
            key = (id(model), first, last)
            if key not in self._done:
                self._done[key] = (model, change(model, start, stop))  # the model is kept: its id stays its own
            return self._done[key][1]

        model = experiment.scaling_model
        scaling = sliced_scaling(model, scan, first, last) if isinstance(model, ScalingModel) else None
        self.without_scaling += model is not None and scaling is None

        def its_scan(m: Scan, i: int, j: int) -> Scan:
            return sliced_scan(m, i, j, lambda name: self._named(name, first, last))

        return experiment.replace(
            identifier=self._named(experiment.identifier, first, last),
            scan=cut(scan, its_scan),
            images=cut(experiment.images, _images),
            crystal=cut(experiment.crystal, lambda m, i, j: _points(m, "A_at_scan_points", i, j)),
            beam=cut(experiment.beam, lambda m, i, j: _points(m, "s0_at_scan_points", i, j)),
            goniometer=cut(experiment.goniometer, lambda m, i, j: _points(m, "setting_rotation_at_scan_points", i, j)),
            profile=cut(experiment.profile, _profile),
            scaling_model=scaling,
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


def _points(model: Any, name: str, start: int, stop: int) -> Any:
    """A model that may vary along the scan: values stand at the ends of images, one more than there are images."""
    points = getattr(model, name, None)
    return model if points is None else replace(model, **{name: points[start : stop + 1]})


def _images(images: ImageSet | None, start: int, stop: int) -> ImageSet | None:
    """Multi-image files list the frames they hold; templates and lists of files go by image number."""
    if images is None or not images.indices:
        return images
    return replace(images, indices=images.indices[start:stop])


def _profile(profile: Any, start: int, stop: int) -> Any:
    """A width for each image where there are several."""
    if not isinstance(profile, GaussianProfile):
        return profile
    widths = {name: getattr(profile, name) for name in ("sigma_b", "sigma_m")}
    return replace(profile, **{k: v[start:stop] if np.ndim(v) and len(v) >= stop else v for k, v in widths.items()})
