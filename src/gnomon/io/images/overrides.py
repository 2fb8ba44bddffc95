"""Corrections that the user makes to what the headers say."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.experiment_images import read_map
from gnomon.io.images.header_models import are_electrons, beam_of, with_sensor
from gnomon.io.images.offsets import with_stored
from gnomon.maths.geometry.geometry_params import GeometryParams
from gnomon.models.beam import Beam
from gnomon.models.detector import PARALLAX, SIMPLE, Detector, Panel
from gnomon.models.goniometer import AnyGoniometer, Goniometer, MultiAxisGoniometer


def corrected_beam(beam: Beam, params: GeometryParams) -> Beam:
    """The beam with the wavelength, direction and polarisation of the parameters."""
    changes: dict[str, Any] = {}
    if params.wavelength is not None:
        changes["wavelength"] = params.wavelength
        if (told := beam_of(params.wavelength)).probe != beam.probe:
            changes |= {"probe": told.probe, "polarization_fraction": told.polarization_fraction}
    if params.polarization_fraction is not None:
        changes["polarization_fraction"] = params.polarization_fraction
    for name, vector in (("direction", params.beam_direction), ("polarization_normal", params.polarization_normal)):
        if vector is not None:
            changes[name] = np.array(vector) / np.linalg.norm(vector)
    return replace(beam, **changes)


def corrected_detector(detector: Detector, beam: Beam, params: GeometryParams) -> Detector:
    """The detector at the distance and beam centre of the parameters; the beam is the corrected one.

    The distance moves the detector along its normal, the beam centre within its plane.
    """
    changes: dict[str, Any] = {name: getattr(params, name) for name in ("trusted_range", "gain", "pedestal")}
    changes = {name: value for name, value in changes.items() if value is not None}
    if changes:
        detector = replace(detector, panels=tuple(replace(panel, **changes) for panel in detector.panels))
    if params.thickness is not None or params.material is not None:
        detector = _with_sensor_of(detector, beam, params)
    if params.pixel_size is not None:
        detector = replace(detector, panels=tuple(_with_pixels(panel, params.pixel_size) for panel in detector.panels))
    if params.distance is not None:
        detector = _at_distance(detector, params.distance)
    centre = _beam_centre(detector, params)
    if centre is not None:
        detector = _centred(detector, beam, *centre)
    return detector


def with_gain_of_map(detector: Detector, path: str) -> Detector:
    """The detector, each panel with the median gain of its pixels in the map at ``path``."""
    gains = [float(np.median(values[values > 0])) if (values > 0).any() else 1.0 for values in read_map(path, detector)]
    return replace(detector, panels=tuple(replace(p, gain=gain) for p, gain in zip(detector.panels, gains)))


def _with_sensor_of(detector: Detector, beam: Beam, params: GeometryParams) -> Detector:
    """The detector with sensors of the thickness and material given, each where it is; parallax with it."""
    panel = detector.panels[0]
    material = params.material or panel.material
    thickness = panel.thickness if params.thickness is None else params.thickness
    if thickness and not material:
        raise InputError(
            "geometry.detector.panel.thickness: the header does not tell of what; give material=Si or CdTe"
        )
    if material and params.thickness is None and not thickness:
        raise InputError(
            "geometry.detector.panel.material: the header does not tell how thick; give thickness=... in mm"
        )
    return with_sensor(detector, material, thickness, beam.wavelength, panel.identifier)


def _with_pixels(panel: Panel, size: tuple[float, float]) -> Panel:
    """The panel with pixels of another size (mm); the pixel nearest to the crystal stays where it is."""
    origin = panel.origin
    for axis, new, old in zip((panel.fast_axis, panel.slow_axis), size, panel.pixel_size):
        origin = origin + (origin @ axis) * (new / old - 1.0) * axis
    return replace(panel, pixel_size=size, origin=origin)


def _at_distance(detector: Detector, distance: float) -> Detector:
    if len(detector) > 1 and np.ptp(detector.normals, axis=0).max() > 1e-6:
        raise InputError(
            "geometry.detector.distance: the panels of this detector do not face one way, so one distance says "
            "nothing; give a reference geometry"
        )
    normal, origin = detector.normals[0], detector.frames[0, :, 2]
    present = float(origin @ normal)
    return detector.moved(np.eye(3), (np.copysign(distance, present) - present) * normal)


def _beam_centre(detector: Detector, params: GeometryParams) -> tuple[int, np.ndarray] | None:
    """Panel and millimetres along fast and slow where the direct beam shall be."""
    given = params.fast_slow_beam_centre or params.slow_fast_beam_centre or params.mosflm_beam_centre
    if given is None:
        return None
    panel = int(given[2]) if len(given) == 3 else 0
    if not 0 <= panel < len(detector):
        raise InputError(f"beam centre on panel {panel}: the detector has panels 0 to {len(detector) - 1}")
    pair = np.array(given[:2], float)
    if params.fast_slow_beam_centre is None:
        pair = pair[::-1]
    return panel, pair if params.mosflm_beam_centre is not None else pair * detector.pixel_sizes[panel]


def _centred(detector: Detector, beam: Beam, panel: int, wanted: np.ndarray) -> Detector:
    present = detector.intersect(panel, beam.s0[None])[0]
    if np.isnan(present).any():
        raise InputError(
            f"beam centre: the beam never meets the plane of panel {panel}; give a panel that faces the beam"
        )
    fast, slow = detector.frames[panel, :, 0], detector.frames[panel, :, 1]
    shift = present - wanted
    return detector.moved(np.eye(3), shift[0] * fast + shift[1] * slow)


def offset_by_files(detector: Detector, dx: str, dy: str) -> Detector:
    """The detector with the offsets in these files; InputError where they are not, or fit another."""
    stored = with_stored(detector, (os.path.abspath(dx), os.path.abspath(dy)))
    for i in range(len(stored)):
        stored.pixel_to_mm(i, np.zeros((1, 2)))  # read now, not when they are needed
    return stored


def absorbing(detector: Detector, wavelength: float) -> Detector:
    """The detector with the absorption (and so parallax) of its sensors at another wavelength, Å."""
    from gnomon.maths.geometry.attenuation import MATERIALS, attenuation

    def at_wavelength(panel: Panel) -> Panel:
        known = panel.material in MATERIALS and panel.px_mm_strategy == PARALLAX
        if known and are_electrons(wavelength):
            return replace(panel, mu=0.0, px_mm_strategy=SIMPLE)  # they stop where they enter
        return replace(panel, mu=attenuation(panel.material, wavelength)) if known else panel

    return replace(detector, panels=tuple(map(at_wavelength, detector.panels)))


def corrected_goniometer(goniometer: AnyGoniometer | None, params: GeometryParams) -> AnyGoniometer | None:
    """The goniometer with the axes of the parameters, turned the other way round where asked."""
    if goniometer is None and params.oscillation is None:
        return None
    goniometer = goniometer or Goniometer()
    if params.axes is not None:
        goniometer = _with_axes(goniometer, np.reshape(params.axes, (-1, 3)))
    if not params.invert_rotation_axis:
        return goniometer
    if isinstance(goniometer, MultiAxisGoniometer):
        return replace(goniometer, axes=-goniometer.axes)
    return replace(goniometer, rotation_axis=-goniometer.rotation_axis)


def _with_axes(goniometer: AnyGoniometer, axes: np.ndarray) -> AnyGoniometer:
    unit = axes / np.linalg.norm(axes, axis=1, keepdims=True)
    if len(axes) == 1 and isinstance(goniometer, Goniometer):
        return replace(goniometer, rotation_axis=unit[0])
    if isinstance(goniometer, MultiAxisGoniometer):
        if len(axes) == len(goniometer.axes):
            return replace(goniometer, axes=unit)
        if len(axes) == 1:
            changed = goniometer.axes.copy()
            changed[goniometer.scan_axis] = unit[0]
            return replace(goniometer, axes=changed)
    needed = len(goniometer.axes) if isinstance(goniometer, MultiAxisGoniometer) else 1
    raise InputError(
        f"geometry.goniometer.axes: {len(axes)} axes given, the goniometer has {needed}; give 3 numbers each"
    )
