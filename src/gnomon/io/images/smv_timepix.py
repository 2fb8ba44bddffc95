"""Models from the SMV header of the TimePix camera of Stockholm University (electron diffraction).

Four chips of 256 x 256 pixels in a square. The outermost pixels of each chip are three times as wide as the others: an
image of 516 pixels has them spread, one of 512 as they are read. Facts: dials.import 3.12.1 on images of both kinds.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.entries import Entries
from gnomon.io.images.frame import Frame
from gnomon.io.images.sensors import with_sensor
from gnomon.io.images.smv import smv_shape
from gnomon.io.images.smv_adsc import smv_epoch, smv_oscillation, trusted_range
from gnomon.io.images.untold import DISTANCE, PIXEL_SIZE, WAVELENGTH, Telling
from gnomon.io.images.upright import beam_of, upright_panel
from gnomon.models.detector import Detector, Panel
from gnomon.models.goniometer import Goniometer

_CHIP, _SPREAD = 256, 4
"""Pixels of a chip; how many more pixels' width the two wide columns between chips take."""

_AXES = {512: (-0.7548637593860367, -0.6558816240493246, 0.0), 516: (0.7825634081905295, -0.6225708892658111, 0.0)}
"""The rotation axis, by the size of the image."""


def is_timepix(entries: Entries) -> bool:
    """Whether the header is of this camera."""
    return entries.text("BEAMLINE", "").upper() == "TIMEPIX_SU"


def frame_of_timepix(entries: Entries) -> Frame:
    """The models of an image. Raises InputError that names a missing entry, or a size that is neither 512 nor 516."""
    ny, nx = smv_shape(entries)
    if (ny, nx) not in ((512, 512), (516, 516)):
        raise InputError(f"{entries.path}: a TimePix SU image of {nx}x{ny} pixels; known are 512x512 and 516x516")
    telling = Telling()
    wavelength = telling.length(WAVELENGTH, entries.told("WAVELENGTH"))
    whole = _whole(entries, nx, telling)
    panels = _chips(whole) if nx == 2 * _CHIP else (whole,)
    return Frame(
        path=entries.path,
        format="TimePix SMV",
        beam=beam_of(wavelength),
        detector=with_sensor(Detector(panels), "Si", 0.3, wavelength),
        goniometer=Goniometer(rotation_axis=np.array(_AXES[nx])),
        oscillation=smv_oscillation(entries),
        exposure_time=entries.number("TIME", 0.0),
        epoch=smv_epoch(entries),
        untold=telling.untold,
        notes=telling.notes,
    )


def _whole(entries: Entries, n: int, telling: Telling) -> Panel:
    """One panel in the header's place; this camera's ``BEAM_CENTER`` is in pixels along fast, then slow."""
    distance = telling.length(DISTANCE, entries.told("DISTANCE"))
    size = telling.length(PIXEL_SIZE, entries.told("PIXEL_SIZE"))
    told = [entries.number(name) for name in ("BEAM_CENTER_X", "BEAM_CENTER_Y") if name in entries]
    centre = telling.centre(told, (n, n))
    return replace(upright_panel((n, n), (size, size), centre, distance), trusted_range=trusted_range(entries))


def _chips(whole: Panel) -> tuple[Panel, ...]:
    """The four chips without their outermost pixels; the header's beam centre is that of the first chip."""
    size, n = whole.pixel_size[0], _CHIP - 2
    panels: list[Panel] = []
    for row in range(2):
        for column in range(2):
            x, y = column * _CHIP + 1, row * _CHIP + 1
            shift = np.array([x + _SPREAD * column, y + _SPREAD * row]) * size
            origin = whole.origin + shift[0] * whole.fast_axis + shift[1] * whole.slow_axis
            name = f"Panel{len(panels)}"
            panels.append(replace(whole, origin=origin, image_size=(n, n), raw_image_offset=(x, y), name=name))
    return tuple(panels)
