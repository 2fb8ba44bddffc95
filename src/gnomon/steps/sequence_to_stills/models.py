"""The models of one image of a scan, as it stands half-way through its exposure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from gnomon.maths.geometry.ewald import interpolated
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiment, identifier_for
from gnomon.models.goniometer import rotation_about
from gnomon.models.imageset import ImageSet
from gnomon.models.model import Key
from gnomon.steps.sequence_to_stills.params import SequenceToStillsParams

_OF_ROTATION = ("shadow", "dynamic_shadowing")
"""Settings of images that mean nothing without a goniometer."""
_MOSAICITY = ("ML_domain_size_ang", "ML_half_mosaicity_deg")
"""Of crystals in files (Sauter et al. 2014)."""


class StillMaker:
    """Stills of scans; models that experiments share are made once for each image, and stay shared."""

    def __init__(self, params: SequenceToStillsParams) -> None:
        given = dict(zip(_MOSAICITY, (params.domain_size_ang, params.half_mosaicity_deg)))
        self._told = {name: value for name, value in given.items() if value is not None}
        self._done: dict[tuple[Key, int], Any] = {}

    def still(self, experiment: Experiment, number: int) -> Experiment:
        """Image ``number`` of an experiment, as a still: no goniometer, no scan, A = S R(phi) F A at mid image."""

        def once(model: Any, change: Callable[[Any], Any]) -> Any:
            if model is None:
                return None
            if (model.key, number) not in self._done:
                self._done[model.key, number] = change(model)
            return self._done[model.key, number]

        return Experiment(
            beam=experiment.beam if experiment.beam.s0_at_scan_points is None else self._beam(experiment, number),
            detector=experiment.detector,
            crystal=None if experiment.crystal is None else self._crystal(experiment, experiment.crystal, number),
            images=once(experiment.images, lambda images: _image(images, experiment, number)),
            identifier=identifier_for(experiment.identifier, number),
        )

    def _beam(self, experiment: Experiment, number: int) -> Beam:
        """The beam half-way through the image."""
        key = experiment.beam.key, number
        if key not in self._done:
            s0 = _at_middle(experiment, experiment.beam.s0_at_scan_points, number)
            self._done[key] = replace(experiment.beam.with_s0(s0), s0_at_scan_points=None)
        found: Beam = self._done[key]
        return found

    def _mosaicity(self, crystal: Crystal) -> dict[str, float]:
        """What was told of mosaicity; both figures, as DIALS reads them only together."""
        if not self._told:
            return {}
        return {name: self._told.get(name, crystal.extra.get(name, 0.0)) for name in _MOSAICITY}

    def _crystal(self, experiment: Experiment, crystal: Crystal, number: int) -> Crystal:
        goniometer, scan = experiment.needed_goniometer, experiment.needed_scan
        turned = goniometer.setting_rotation_at_scan_points
        S = goniometer.setting_rotation if turned is None else _at_middle(experiment, turned, number)
        R = rotation_about(goniometer.rotation_axis, np.deg2rad(scan.phi_at(number - 0.5)))
        points = crystal.A_at_scan_points
        A = crystal.A if points is None else _at_middle(experiment, points, number)
        return replace(
            crystal,
            A=S @ R @ goniometer.fixed_rotation @ A,
            A_at_scan_points=None,
            real_space=None,
            B_covariance=None,
            extra={**crystal.extra, **self._mosaicity(crystal)},
        )


def _at_middle(experiment: Experiment, points: Any, number: int) -> np.ndarray:
    """What varies along the scan, half-way through image ``number``."""
    first = experiment.needed_scan.array_range[0]
    middle: np.ndarray = interpolated(np.asarray(points), first, np.array([number - 0.5]))[0]
    return middle


def _image(images: ImageSet, experiment: Experiment, number: int) -> ImageSet:
    """One image as a set of its own."""
    i = number - experiment.image_range[0]
    return replace(
        images,
        kind="ImageSet",
        template=None,
        paths=(images.path_of(number),),
        indices=images.indices[i : i + 1],
        params={name: value for name, value in images.params.items() if name not in _OF_ROTATION},
    )
