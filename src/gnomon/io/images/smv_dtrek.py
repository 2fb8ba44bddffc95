"""Models from the d*TREK header of Rigaku CCD and hybrid pixel detectors: every axis is told by its vector.

Pflugrath, J. W. (1999). Acta Cryst. D55, 1718. The frame is ours: the source along +z, as the imgCIF frame has it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.entries import Entries
from gnomon.io.images.frame import Frame
from gnomon.io.images.smv import smv_shape
from gnomon.io.images.smv_adsc import smv_epoch, trusted_range
from gnomon.io.images.untold import DISTANCE, WAVELENGTH, Telling
from gnomon.io.images.upright import beam_of
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.goniometer import AnyGoniometer, Goniometer, MultiAxisGoniometer, rotation_about

_SAME_DIRECTION = 1.0 - 1e-6
"""Cosine of the angle between two axes that are one."""


def is_dtrek(entries: Entries) -> bool:
    """Whether the header tells its axes as d*TREK does."""
    return "DETECTOR_NAMES" in entries and f"{_prefix(entries)}GONIO_VECTORS" in entries


def frame_of_dtrek(entries: Entries) -> Frame:
    """The models of a d*TREK image. What the header does not tell is told so, for import to ask for."""
    telling = Telling()
    start, _, width, exposure = entries.numbers(_first(entries, "ROTATION", "SCAN_ROTATION"), 4)
    told = entries.numbers("SOURCE_WAVELENGTH", 2)[1:] if "SOURCE_WAVELENGTH" in entries else []
    wavelength = telling.length(WAVELENGTH, *told)  # the first number counts the wavelengths
    return Frame(
        path=entries.path,
        format="Rigaku d*TREK SMV",
        beam=_beam(entries, wavelength),
        detector=Detector((_panel(entries, telling),)),
        goniometer=_goniometer(entries),
        oscillation=(start, width),
        exposure_time=exposure,
        epoch=smv_epoch(entries, "DTREK_DATE_TIME"),
        untold=telling.untold,
        notes=telling.notes,
    )


def _beam(entries: Entries, wavelength: float) -> Beam:
    fraction, *normal = entries.numbers("SOURCE_POLARZ", 4) if "SOURCE_POLARZ" in entries else (0.5, 0.0, 1.0, 0.0)
    direction = np.array(entries.numbers("SOURCE_VECTORS", 3)) if "SOURCE_VECTORS" in entries else np.eye(3)[2]
    return replace(
        beam_of(wavelength, fraction),
        direction=_unit(entries, "SOURCE_VECTORS", direction),
        polarization_normal=_unit(entries, "SOURCE_POLARZ", np.array(normal)),
    )


def _prefix(entries: Entries) -> str:
    return entries.text("DETECTOR_NAMES").split()[0]


def _first(entries: Entries, *names: str) -> str:
    return next((name for name in names if name in entries), names[0])


def _unit(entries: Entries, name: str, vector: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(vector))
    if not length:
        raise InputError(f"{entries.path}: the header has a vector of no length at {name}; is it damaged?")
    return vector / length


def _axes(entries: Entries, prefix: str) -> tuple[list[str], list[float], np.ndarray]:
    """Names, values and unit vectors of the axes of a goniometer, as the header lists them: from the laboratory on."""
    names = entries.text(f"{prefix}GONIO_NAMES").split()
    values = entries.numbers(f"{prefix}GONIO_VALUES", len(names))
    vectors = np.reshape(entries.numbers(f"{prefix}GONIO_VECTORS", 3 * len(names)), (-1, 3))
    return names, values, np.array([_unit(entries, f"{prefix}GONIO_VECTORS", v) for v in vectors])


def _panel(entries: Entries, telling: Telling) -> Panel:
    """The panel, moved along its translations and then turned with its rotations: a swing carries the distance."""
    prefix = _prefix(entries)
    ny, nx = smv_shape(entries)
    spatial = f"{prefix}SPATIAL_DISTORTION_INFO"
    told = entries.numbers(spatial, 4) if spatial in entries else []
    size_x, size_y = telling.pixel(told[2:] or (None, None))
    beam = f"{prefix}SPATIAL_BEAM_POSITION"
    x, y = telling.centre(entries.numbers(beam, 2) if beam in entries else told[:2], (nx, ny))
    vectors = np.reshape(entries.numbers(f"{prefix}DETECTOR_VECTORS", 6), (2, 3))
    fast, slow = (_unit(entries, f"{prefix}DETECTOR_VECTORS", v) for v in vectors)
    rotation, translation = _movement(entries, prefix)
    if not translation.any():
        translation = np.array([0.0, 0.0, -telling.length(DISTANCE)])
    return Panel(
        fast_axis=rotation @ fast,
        slow_axis=rotation @ slow,
        origin=rotation @ (translation - x * size_x * fast - y * size_y * slow),
        image_size=(nx, ny),
        pixel_size=(size_x, size_y),
        type="SENSOR_CCD",
        trusted_range=trusted_range(entries),
    )


def _movement(entries: Entries, prefix: str) -> tuple[np.ndarray, np.ndarray]:
    names, values, vectors = _axes(entries, prefix)
    units = entries.text(f"{prefix}GONIO_UNITS").split()
    if len(units) != len(names):
        raise InputError(f"{entries.path}: the header has {len(units)} units for {len(names)} axes of the detector")
    rotation, translation = np.eye(3), np.zeros(3)
    for unit, value, vector in zip(units, values, vectors):
        if unit.startswith("deg"):
            rotation = rotation @ rotation_about(vector, np.deg2rad(value))
        else:
            translation = translation + value * vector
    return rotation, translation


def _goniometer(entries: Entries) -> AnyGoniometer:
    """All axes of the crystal, from it to the laboratory, if they put the scan's axis where ROTATION_VECTOR has it.

    Else that axis alone, in the laboratory.
    """
    axis = np.array(entries.numbers(_first(entries, "ROTATION_VECTOR", "SCAN_ROTATION_VECTOR"), 3))
    alone = Goniometer(rotation_axis=_unit(entries, "ROTATION_VECTOR", axis))
    scanned = entries.text(_first(entries, "ROTATION_AXIS_NAME", "SCAN_ROTATION_AXIS_NAME"), "").lower()
    if "CRYSTAL_GONIO_NAMES" not in entries:
        return alone
    names, angles, vectors = _axes(entries, "CRYSTAL_")
    lower = [name.lower() for name in names]
    if scanned not in lower:
        return alone
    several = MultiAxisGoniometer(
        axes=vectors[::-1].copy(),
        angles=np.array(angles[::-1]),
        names=tuple(names[::-1]),
        scan_axis=lower[::-1].index(scanned),
    )
    return several if several.lab_axis @ alone.rotation_axis > _SAME_DIRECTION else alone
