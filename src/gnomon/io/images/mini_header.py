"""The comment lines that DECTRIS instruments put at the head of a CBF file (miniCBF)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gnomon.errors import InputError

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
