"""The models of an experiment on some of its images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gnomon.models.experiment import Experiment
from gnomon.models.model import Key, key_of
from gnomon.models.scaling_model import ScalingModel
from gnomon.models.scan import Scan
from gnomon.models.segments import along_points, sliced_images, sliced_profile, sliced_scan
from gnomon.steps.slice_sequence.scaling import sliced_scaling


class Slicer:
    """Experiments on some of their images; models that experiments share are cut once, and stay shared."""

    def __init__(self, named: Callable[[str, int, int], str]) -> None:
        self._named = named  # the identifier of a slice: of the whole, its first and last image
        self._done: dict[tuple[Key | None, int, int], Any] = {}
        self.without_scaling = 0  # experiments whose scaling model could not be cut

    def slice(self, experiment: Experiment, first: int, last: int) -> Experiment:
        """The experiment on images ``first`` to ``last``, which its scan holds."""
        scan = experiment.scan
        assert scan is not None
        start, stop = first - scan.image_range[0], last - scan.image_range[0] + 1

        def cut(model: Any, change: Any) -> Any:
            key = (key_of(model), first, last)
            if key not in self._done:
                self._done[key] = change(model, start, stop)
            return self._done[key]

        model = experiment.scaling_model
        scaling = sliced_scaling(model, scan, first, last) if isinstance(model, ScalingModel) else None
        self.without_scaling += model is not None and scaling is None

        def its_scan(m: Scan, i: int, j: int) -> Scan:
            return sliced_scan(m, i, j, lambda name: self._named(name, first, last))

        return experiment.replace(
            identifier=self._named(experiment.identifier, first, last),
            scan=cut(scan, its_scan),
            images=cut(experiment.images, sliced_images),
            crystal=cut(experiment.crystal, lambda m, i, j: along_points(m, "A_at_scan_points", i, j)),
            beam=cut(experiment.beam, lambda m, i, j: along_points(m, "s0_at_scan_points", i, j)),
            goniometer=cut(
                experiment.goniometer, lambda m, i, j: along_points(m, "setting_rotation_at_scan_points", i, j)
            ),
            profile=cut(experiment.profile, sliced_profile),
            scaling_model=scaling,
        )
