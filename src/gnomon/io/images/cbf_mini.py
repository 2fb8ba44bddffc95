"""Models from the miniCBF header of Pilatus and Eiger detectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gnomon.io.images.cbf import Cbf
from gnomon.io.images.frame import Frame
from gnomon.io.images.instruments import Instrument, instrument_of
from gnomon.io.images.mini_header import MiniHeader, mini_header
from gnomon.io.images.modules import gap_rectangles
from gnomon.io.images.sensors import with_sensor
from gnomon.io.images.untold import DISTANCE, PIXEL_SIZE, WAVELENGTH
from gnomon.io.images.upright import beam_of, upright_panel
from gnomon.models.detector import Detector
from gnomon.models.goniometer import AnyGoniometer, Goniometer, MultiAxisGoniometer
from gnomon.step import InputError

_DISTANCES = (10.0, 20_000.0)
_PIXELS = (0.003, 1.0)
"""mm, from the nearest detector of an electron microscope to the longest camera of small-angle scattering, and from the
finest CCD to the coarsest image plate: beyond them a unit is wrong."""


def frame_of_mini(cbf: Cbf) -> Frame:
    """The models of a miniCBF image. What the header does not tell is told so, for import to ask for."""
    return frame_of_lines(cbf.path, cbf.text, cbf.shape)


def frame_of_lines(path: str, text: str, shape: tuple[int, int]) -> Frame:
    """The models that the lines of a miniCBF header tell, of an image of ``shape`` (slow, fast) pixels.

    The detector stands upright across the beam, fast along +x and slow along -y, its ``Beam_xy`` pixel at
    (0, 0, -distance); the crystal turns about +x: what a miniCBF header cannot say, unless the instrument is known.
    """
    header = mini_header(path, text)
    wavelength, distance, pixel, untold = _sizes(header)
    centre, note = _centre(header, shape)
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
        untold=untold,
        note="; ".join(filter(None, [note, *_doubts(header, distance, pixel, untold)])),
    )


def _sizes(header: MiniHeader) -> tuple[float, float, tuple[float, float], tuple[str, ...]]:
    """Wavelength (Å), distance and sides of a pixel (mm), and the parameters that stand for what is not told.

    What is not told is 1 Å, 1 m or 1 mm. Raises InputError for one that is told and not above zero.
    """
    lines = {
        WAVELENGTH: ("Wavelength", header.wavelengths("Wavelength"), (1.0,)),
        DISTANCE: ("Detector_distance", header.lengths("Detector_distance"), (1000.0,)),
        PIXEL_SIZE: ("Pixel_size", header.lengths("Pixel_size"), (1.0, 1.0)),
    }
    found = {}
    for parameter, (name, values, instead) in lines.items():
        told = values[: len(instead)]
        if len(told) == len(instead) and not all(0 < value < np.inf for value in told):
            raise InputError(
                f"{header.path}: the header has {name} = {told[0]:g}; it must be above zero, is it damaged?"
            )
        found[parameter] = tuple(told) if len(told) == len(instead) else instead
    untold = tuple(p for p, (_, values, instead) in lines.items() if len(values) < len(instead))
    return found[WAVELENGTH][0], found[DISTANCE][0], (found[PIXEL_SIZE][0], found[PIXEL_SIZE][-1]), untold


def _centre(header: MiniHeader, shape: tuple[int, int]) -> tuple[tuple[float, float], str]:
    """Where the beam meets the detector, px, and what is to be said of it."""
    told = header.numbers("Beam_xy")
    if len(told) >= 2:
        return (told[0], told[1]), ""
    return (shape[1] / 2, shape[0] / 2), (
        "the header has no Beam_xy: the beam is taken to hit the middle of the image; give a beam centre if it does not"
    )


def _doubts(header: MiniHeader, distance: float, pixel: tuple[float, float], untold: tuple[str, ...]) -> Iterator[str]:
    """What of the header is not used, or can hardly be."""
    swing = header.number("Detector_2theta", 0.0)
    if swing:
        yield (
            f"Detector_2theta = {swing:g} degrees is not used, as the header does not tell its axis; "
            "give a reference geometry"
        )
    if DISTANCE not in untold and not _DISTANCES[0] <= distance <= _DISTANCES[1]:
        yield f"a distance of {distance:g} mm is hard to believe; give distance=... in mm"
    if PIXEL_SIZE not in untold and not all(_PIXELS[0] <= side <= _PIXELS[1] for side in pixel):
        yield f"pixels of {pixel[0]:g} x {pixel[1]:g} mm are hard to believe; give pixel_size=... in mm"


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
