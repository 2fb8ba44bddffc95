"""miniCBF: the lines of a header after `# `, as DECTRIS detectors and their imitators write them, and its models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.cbf import Cbf
from gnomon.io.images.frame import DISTANCE, WAVELENGTH, Frame, HeaderCheck
from gnomon.io.images.header_models import beam_of, upright_panel, with_sensor
from gnomon.io.images.instruments import Instrument, gap_rectangles, instrument_of
from gnomon.models.detector import Detector
from gnomon.models.goniometer import AnyGoniometer, Goniometer, MultiAxisGoniometer

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_QUANTITY = re.compile(rf"({_NUMBER.pattern})\s*([A-Za-zµμÅ]*)")
_MM = {"": 1000.0, "m": 1000.0, "cm": 10.0, "mm": 1.0, "um": 1e-3, "µm": 1e-3, "μm": 1e-3}
"""Lengths, in mm; where no unit stands the convention is m."""
_ANGSTROM = {"": 1.0, "a": 1.0, "å": 1.0, "ang": 1.0, "angstrom": 1.0, "angstroms": 1.0, "nm": 10.0, "pm": 0.01}
_LINE = re.compile(r"^#\s+([A-Za-z_][\w]*)[ \t]*[:=]?[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_DATE = re.compile(r"^#\s+(\d{4})[-/](\w{2,3})[-/](\d{2})[T ](\d{2}):(\d{2}):(\d{2}(?:\.\d+)?)", re.MULTILINE)
_SENSOR = re.compile(r"^#\s+(\w+)\s+sensor,\s*thickness\s+(\S+)\s*m", re.MULTILINE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MATERIALS = {"silicon": "Si", "si": "Si", "cdte": "CdTe"}


@dataclass(frozen=True)
class MiniHeader:
    """The lines of the header by name, and the text they came from."""

    path: str
    text: str
    lines: Mapping[str, str]

    def numbers(self, name: str) -> list[float]:
        """All numbers of a line; none where the line is missing."""
        return [float(n) for n in _NUMBER.findall(self.lines.get(name, ""))]

    def number(self, name: str, default: float | None = None) -> float:
        """The first number of a line. Raises InputError where there is none and no default."""
        found = self.numbers(name)
        if found:
            return found[0]
        if default is None:
            raise InputError(f"{self.path}: the header has no {name}; it is needed to know the geometry")
        return default

    def lengths(self, name: str) -> list[float]:
        """All lengths of a line, mm, in whatever units they are written; none where one of those is not known."""
        return self._quantities(name, _MM)

    def wavelengths(self, name: str) -> list[float]:
        """The same for wavelengths, Å."""
        return self._quantities(name, _ANGSTROM)

    def _quantities(self, name: str, units: Mapping[str, float]) -> list[float]:
        written = [(float(n), unit.lower().rstrip("x")) for n, unit in _QUANTITY.findall(self.lines.get(name, ""))]
        return [n * units[unit] for n, unit in written] if all(unit in units for _, unit in written) else []

    @property
    def serial_number(self) -> str:
        """Of the detector (``60-0126``), or nothing."""
        match = re.search(r"S/N\s+(\S+)", self.lines.get("Detector", ""))
        return match.group(1) if match else ""

    @property
    def sensor(self) -> tuple[str, float]:
        """Material ("Si", "CdTe", or empty where not told) and thickness, mm."""
        match = _SENSOR.search(self.text)
        if not match:
            return "", 0.0
        if not _NUMBER.fullmatch(match.group(2)):
            raise InputError(
                f"{self.path}: the header has a sensor of thickness {match.group(2)[:20]!r}; is it damaged?"
            )
        return _MATERIALS.get(match.group(1).lower(), match.group(1)), 1000.0 * float(match.group(2))

    @property
    def epoch(self) -> float:
        """When the exposure began, seconds since 1970; the clock is taken as UTC. 0 where not told or no date."""
        match = _DATE.search(self.text)
        if not match:
            return 0.0
        year, month, day, hour, minute, second = match.groups()
        try:
            number = int(month) if month.isdigit() else _MONTHS.index(month.title()) + 1
            start = datetime(int(year), number, int(day), int(hour), int(minute), tzinfo=UTC)
        except ValueError:
            return 0.0
        return start.timestamp() + float(second)


def mini_header(path: str, text: str) -> MiniHeader:
    """The header lines of ``text``; ``path`` is for messages."""
    return MiniHeader(path, text, {name: value for name, value in _LINE.findall(text)})


_VARYING = re.compile(
    r"^#[ \t]+(?:Start_angle|Omega|Phi|Kappa|Chi)\b.*$|^data_.*$|[T ]\d\d:\d\d:\d\d[.\d]*", re.MULTILINE
)
"""What differs between headers of one sweep: angles, the name, the time of day."""
_KEPT = 64
"""Headers that are remembered: of as many sweeps as may be read at once."""


def frame_of_mini(cbf: Cbf) -> Frame:
    """The models of a miniCBF image. What the header lacks is listed, for import to ask for.

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
    header, check = mini_header(path, text), HeaderCheck()
    wavelength = check.length(WAVELENGTH, *header.wavelengths("Wavelength"))
    distance = check.length(DISTANCE, *header.lengths("Detector_distance"))
    pixel = check.pixel([*header.lengths("Pixel_size"), None, None][:2])
    centre = check.centre(header.numbers("Beam_xy")[:2], shape[::-1])
    check.swing("Detector_2theta", header.number("Detector_2theta", 0.0))
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
        missing=check.missing,
        notes=check.notes,
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
