"""Models from the SMV header of ADSC detectors, and of the programs that write like them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from gnomon.io.images.entries import Entries
from gnomon.io.images.frame import Frame
from gnomon.io.images.smv import smv_dtype, smv_shape
from gnomon.io.images.untold import BEAM_CENTRE, DISTANCE, PIXEL_SIZE, WAVELENGTH, Telling
from gnomon.io.images.upright import beam_of, upright_panel
from gnomon.models.detector import Detector
from gnomon.models.goniometer import Goniometer

_TURN_BACKWARDS = {"457", "915", "928"}
"""Serial numbers of detectors at beamlines whose spindle turns the other way: where dials.import has them so."""

_DATES = ("%a %b %d %H:%M:%S %Y", "%Y-%m-%dT%H:%M:%S", "%d-%b-%Y %H:%M:%S")


def frame_of_adsc(entries: Entries) -> Frame:
    """The models of an ADSC image. What the header does not tell is told so, for import to ask for.

    The detector stands upright across the beam and the crystal turns about +x (-x at known beamlines): what this
    header cannot say. ``TWOTHETA`` is not used, its sense differs between beamlines.
    """
    telling = Telling()
    telling.swing("TWOTHETA", entries.number("TWOTHETA", 0.0))
    backwards = entries.text("DETECTOR_SN", "") in _TURN_BACKWARDS
    return Frame(
        path=entries.path,
        format="ADSC SMV",
        beam=beam_of(telling.length(WAVELENGTH, entries.told("WAVELENGTH"))),
        detector=_detector(entries, telling),
        goniometer=Goniometer(rotation_axis=np.array([-1.0 if backwards else 1.0, 0.0, 0.0])),
        oscillation=smv_oscillation(entries),
        exposure_time=entries.number("TIME", 0.0),
        epoch=smv_epoch(entries),
        untold=telling.untold,
        notes=telling.notes,
    )


def _detector(entries: Entries, telling: Telling) -> Detector:
    ny, nx = smv_shape(entries)
    distance = telling.length(DISTANCE, entries.told("DISTANCE"))
    size = telling.length(PIXEL_SIZE, entries.told("PIXEL_SIZE"))
    if PIXEL_SIZE in telling.untold:  # without it a centre in mm says nothing
        telling.lacks(BEAM_CENTRE)
    centre = telling.centre(_centre(entries, size), (nx, ny))
    panel = upright_panel((nx, ny), (size, size), centre, distance)
    pedestal = entries.number("IMAGE_PEDESTAL", entries.number("ADC_OFFSET", 0.0))
    return Detector((replace(panel, type="SENSOR_CCD", trusted_range=trusted_range(entries), pedestal=pedestal),))


def _centre(entries: Entries, size: float) -> tuple[float, ...]:
    """Fast and slow of the beam, pixels; nothing where the header does not tell.

    Simulated images tell the corner of the first pixel itself. ADSC's ``BEAM_CENTER_X`` is along slow and ``_Y`` along
    fast, in mm, as MOSFLM has them.
    """
    if "DIALS_ORIGIN" in entries:
        x, y, _ = entries.numbers("DIALS_ORIGIN", 3)
        return -x / size, y / size
    return tuple(entries.number(name) / size for name in ("BEAM_CENTER_Y", "BEAM_CENTER_X") if name in entries)


def trusted_range(entries: Entries) -> tuple[float, float]:
    """From 0 (written -1, as :func:`gnomon.io.images.masks.valid_counts` says) to the last count below saturation."""
    dtype = smv_dtype(entries)
    largest = float(np.iinfo(dtype).max) if dtype.kind in "iu" else 2.0**31
    saturated = entries.number("SATURATED_VALUE", entries.number("CCD_IMAGE_SATURATION", largest))
    return -1.0, min(saturated, largest, 2.0**31 - 1) - 1.0


def smv_oscillation(entries: Entries) -> tuple[float, float]:
    """Start and width, degrees; a width of zero where the header has none."""
    start = entries.number("OSC_START", entries.number("PHI", 0.0))
    return start, entries.number("OSC_RANGE", 0.0)


def smv_epoch(entries: Entries, name: str = "DATE") -> float:
    """When the exposure began, seconds since 1970; the clock is taken as UTC. 0 where not told."""
    text = entries.text(name, "")
    for form in _DATES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return 0.0
