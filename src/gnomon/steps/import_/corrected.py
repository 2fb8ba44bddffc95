"""Frames as the user has them: what headers say, overruled by a reference, corrected by parameters.

All this comes before images are put into sweeps: what the user gives is the same for all of them, however the headers
waver.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.experiment_images import read_map
from gnomon.io.images.frame import Frame
from gnomon.io.images.overrides import (
    absorbing,
    corrected_beam,
    corrected_detector,
    corrected_goniometer,
    offset_by_files,
    with_gain_of_map,
)
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiments
from gnomon.models.goniometer import AnyGoniometer
from gnomon.models.sharing import same_beam, same_detector, same_goniometer
from gnomon.models.tolerances import Tolerances
from gnomon.steps.import_.given import answered, ask_for_untold
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.reference import reference_beam, reference_detector, reference_goniometer

_NEAREST = 1e-6
"""mm of a panel's plane from the crystal: nearer it has no direction to any pixel."""
_EQUAL = Tolerances(0.0, 0.0, 0.0)


def corrected_frames(
    frames: Iterable[Frame], numbers: Iterable[int], params: ImportParams, reference: Experiments | None
) -> Iterator[Frame]:
    """The frames of the images ``numbers`` of one template. Raises InputError where the geometry stays unknown."""
    before: tuple[Frame, Frame] | None = None  # as read, corrected
    start = None
    for frame, number in zip(frames, numbers):
        start = number if start is None else start
        models = before[1] if before and _alike(before[0], frame) else _corrected(frame, params, reference)
        oscillation = frame.oscillation
        if params.oscillation is not None:  # goes on behind images that are missing
            phi, width = params.oscillation
            oscillation = (phi + width * (number - start), width)
        changed = replace(
            frame,
            beam=models.beam,
            detector=models.detector,
            goniometer=models.goniometer,
            oscillation=oscillation,
        )
        before = frame, changed
        yield changed


def _alike(a: Frame, b: Frame) -> bool:
    """Whether the headers tell exactly the same models."""
    return (
        (a.missing, a.notes) == (b.missing, b.notes)
        and same_beam(a.beam, b.beam, _EQUAL)
        and same_goniometer(a.goniometer, b.goniometer, _EQUAL)
        and same_detector(a.detector, b.detector, _EQUAL)
    )


def _corrected(frame: Frame, params: ImportParams, reference: Experiments | None) -> Frame:
    """The frame with the models of the header, overruled by those of the reference, corrected by the parameters."""
    ask_for_untold(frame, answered(params, bool(reference)))
    beam, detector, goniometer, mu_wavelength = _overruled(frame, params, reference)
    beam = corrected_beam(beam, params)
    if params.gain_map is not None:
        detector = with_gain_of_map(detector, params.gain_map)
    if params.pedestal_map is not None:
        read_map(params.pedestal_map, detector)  # whether it is one
    detector = corrected_detector(detector, beam, params)
    _check_place(detector, frame.path)
    if params.dx is not None and params.dy is not None:
        detector = offset_by_files(detector, params.dx, params.dy)
    if beam.wavelength != mu_wavelength:
        detector = absorbing(detector, beam.wavelength)
    return replace(frame, beam=beam, detector=detector, goniometer=corrected_goniometer(goniometer, params))


def _check_place(detector: Detector, path: str) -> None:
    """Check that every panel has a place and no plane goes through the crystal; raises InputError."""
    with np.errstate(over="ignore", invalid="ignore"):
        distances = np.linalg.det(detector.frames) if np.isfinite(detector.frames).all() else np.zeros(1)
    if not (np.abs(distances) > _NEAREST).all():
        raise InputError(
            f"{path}: the directions or the place of a panel make no sense, or its plane goes through the crystal: "
            "give distance=... in mm, or a reference geometry"
        )


def _overruled(
    frame: Frame, params: ImportParams, reference: Experiments | None
) -> tuple[Beam, Detector, AnyGoniometer | None, float]:
    """The models of the header or of the reference, and the wavelength (Å) that the detector's absorption is for."""
    beam, detector, goniometer = frame.beam, frame.detector, frame.goniometer
    mu_wavelength = beam.wavelength
    if reference:
        if params.use_detector_reference:
            detector = reference_detector(reference, detector, frame.missing)
            mu_wavelength = reference[0].beam.wavelength
        beam = reference_beam(reference) if params.use_beam_reference else beam
        goniometer = reference_goniometer(reference, goniometer) if params.use_gonio_reference else goniometer
    return beam, detector, goniometer, mu_wavelength
