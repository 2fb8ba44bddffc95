"""Models from the miniCBF header of Pilatus and Eiger detectors."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from gnomon.io.images.cbf import Cbf
from gnomon.io.images.frame import Frame
from gnomon.io.images.instruments import Instrument, instrument_of
from gnomon.io.images.mini_header import MiniHeader, mini_header
from gnomon.io.images.modules import gap_rectangles
from gnomon.io.images.sensors import with_sensor
from gnomon.io.images.untold import DISTANCE, WAVELENGTH, Telling
from gnomon.io.images.upright import beam_of, upright_panel
from gnomon.models.detector import Detector
from gnomon.models.goniometer import AnyGoniometer, Goniometer, MultiAxisGoniometer

_VARYING = re.compile(
    r"^#[ \t]+(?:Start_angle|Omega|Phi|Kappa|Chi)\b.*$|^data_.*$|[T ]\d\d:\d\d:\d\d[.\d]*", re.MULTILINE
)
"""What differs between headers of one sweep: angles, the name, the time of day."""
_KEPT = 64
"""Headers that are remembered: of as many sweeps as may be read at once."""


def frame_of_mini(cbf: Cbf) -> Frame:
    """The models of a miniCBF image. What the header does not tell is told so, for import to ask for.

    Headers that differ in nothing but what varies along a sweep give the same objects: reading 100,000 takes a third of
    the time, and comparing them none.
    """
    alike = _VARYING.sub("", cbf.text), cbf.shape
    known = _read.get(alike)
    if known is None or isinstance(known.goniometer, MultiAxisGoniometer):  # whose angles are in the header
        known = frame_of_lines(cbf.path, cbf.text, cbf.shape)
        if len(_read) >= _KEPT:
            _read.clear()
        _read[alike] = known
        return known
    own = mini_header(cbf.path, "\n".join(_VARYING_LINES.findall(cbf.text)))
    oscillation = own.number("Start_angle", 0.0), known.oscillation[1]
    return replace(known, path=cbf.path, oscillation=oscillation, epoch=own.epoch)


_VARYING_LINES = re.compile(r"^#[ \t]+(?:Start_angle\b|\d{4}[-/]).*$", re.MULTILINE)
_read: dict[tuple[str, tuple[int, int]], Frame] = {}


def frame_of_lines(path: str, text: str, shape: tuple[int, int]) -> Frame:
    """The models that the lines of a miniCBF header tell, of an image of ``shape`` (slow, fast) pixels.

    The detector stands upright across the beam, fast along +x and slow along -y, its ``Beam_xy`` pixel at
    (0, 0, -distance); the crystal turns about +x: what a miniCBF header cannot say, unless the instrument is known.
    """
    header, telling = mini_header(path, text), Telling()
    wavelength = telling.length(WAVELENGTH, *header.wavelengths("Wavelength"))
    distance = telling.length(DISTANCE, *header.lengths("Detector_distance"))
    pixel = telling.pixel([*header.lengths("Pixel_size"), None, None][:2])
    centre = telling.centre(header.numbers("Beam_xy")[:2], shape[::-1])
    telling.swing("Detector_2theta", header.number("Detector_2theta", 0.0))
    beam = replace(beam_of(wavelength), flux=header.number("Flux", 0.0))
    instrument = instrument_of(header.serial_number, header.number("Alpha", 0.0), header.epoch or np.inf)
    place = instrument.panels if instrument and instrument.panels else None
    detector = place(centre, distance) if place else _flat(shape, header, centre, (distance, pixel))
    return Frame(
        path=path,
        format="miniCBF",
        beam=beam,
        detector=with_sensor(detector, *header.sensor, wavelength, header.lines.get("Detector", "")),
        goniometer=_goniometer(header, instrument),
        oscillation=(header.number("Start_angle", 0.0), header.number("Angle_increment", 0.0)),
        exposure_time=header.number("Exposure_period", header.number("Exposure_time", 0.0)),
        epoch=header.epoch,
        untold=telling.untold,
        notes=telling.notes,
    )


def _flat(
    shape: tuple[int, int], header: MiniHeader, centre: tuple[float, float], lengths: tuple[float, tuple[float, float]]
) -> Detector:
    """One upright panel; lengths: its distance, and the sides of its pixels, mm."""
    (ny, nx), (distance, pixel) = shape, lengths
    panel = upright_panel((nx, ny), pixel, centre, distance)
    trusted = (-1.0, header.number("Count_cutoff", 2.0**31 - 1))
    return Detector((replace(panel, trusted_range=trusted, mask=gap_rectangles((nx, ny))),))


def _goniometer(header: MiniHeader, instrument: Instrument | None) -> AnyGoniometer:
    if instrument is None or not instrument.axes:
        return Goniometer()
    if len(instrument.axes) == 1:
        return Goniometer(rotation_axis=np.array(instrument.axes[0].vector))
    turning = [i for i, axis in enumerate(instrument.axes) if header.number(f"{axis.header}_increment", 0.0)]
    scan_axis = turning[0] if turning else len(instrument.axes) - 1
    return MultiAxisGoniometer(
        axes=np.array([axis.vector for axis in instrument.axes]),
        angles=np.array([header.number(axis.header, 0.0) for axis in instrument.axes]),
        names=tuple(axis.name for axis in instrument.axes),
        scan_axis=scan_axis,
    )
