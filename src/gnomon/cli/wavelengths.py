"""Data of several wavelengths: what can only be written of one is written of each by itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gnomon.step import Data


class Part(NamedTuple):
    """The data of one wavelength (Å), and what distinguishes the names of its files."""

    data: Data
    wavelength: float
    mark: str

    @property
    def label(self) -> str:
        """The wavelength in words for records; empty where there is but one."""
        return self.mark.removeprefix("_")

    def name(self, path: str) -> str:
        """``path`` with the wavelength before its ending: merged_0.97950.mtz."""
        given = Path(path)
        return str(given.with_name(f"{given.stem}{self.mark}{given.suffix}"))


def each_wavelength(data: Data, tolerance: float) -> list[Part]:
    """The data of each wavelength, rising; all as they are, without a mark, where there is but one.

    tolerance: Å, within which wavelengths are one.
    """
    from gnomon.maths.data_sets.data_set import grouped_wavelengths
    from gnomon.models.subset import subset
    from gnomon.step import Data

    wavelengths, numbers = grouped_wavelengths([e.beam.wavelength for e in data.experiments], tolerance)
    if len(wavelengths) == 1:
        return [Part(data, wavelengths[0], "")]
    parts = []
    for i, wavelength in enumerate(wavelengths):
        members = [k for k, number in enumerate(numbers) if number == i]
        part = Data(*subset(data.experiments, data.reflections, members))
        parts.append(Part(part, wavelength, f"_{wavelength:.5f}"))
    return parts
