"""Parameters of watch."""

from __future__ import annotations

from copy import copy
from typing import Any, Literal

from pydantic import ValidationError, model_validator

from gnomon.maths.geometry.geometry_params import Vector
from gnomon.params import Params, param
from gnomon.process.params import ProcessParams
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.import_.params import ImportParams


def _of_find_spots(name: str) -> Any:
    """The field of find_spots, which is where it is declared."""
    return copy(FindSpotsParams.model_fields[name])


def _of_process(name: str) -> Any:
    """The field of process, which is where it is declared."""
    return copy(ProcessParams.model_fields[name])


def _of_import(name: str) -> Any:
    """The field of import, which is where it is declared."""
    return copy(ImportParams.model_fields[name])


class WatchParams(Params):
    """When to stop, what is made of the images, how spots are found, and what headers lack or have wrong."""

    images: int | None = param(None, "images that will come, in all; ends with the last of them", unit="image", ge=1)
    timeout: float | None = param(
        60.0, "ends when nothing has arrived for so long; none waits until interrupted", unit="s", gt=0
    )
    process: bool = param(
        True, "index, integrate, scale and merge as images come, and write what comes of it; false: count spots only"
    )
    sweeps: int | None = param(None, "sweeps (wedges) that will come, in all, for the advice", unit="sweep", ge=1)
    completeness: float = param(
        95.0, "advise to stop when this part of all reflections is measured", unit="%", gt=0, le=100
    )
    multiplicity: float = param(4.0, "and each so many times, on average", gt=0)
    space_group: str | None = _of_process("space_group")
    unit_cell: tuple[float, float, float, float, float, float] | None = _of_process("unit_cell")
    algorithm: Literal["dispersion_extended", "dispersion"] | None = _of_find_spots("algorithm")
    sigma_strong: float = _of_find_spots("sigma_strong")
    min_spot_size: int | None = _of_find_spots("min_spot_size")
    border: int = _of_find_spots("border")
    d_min: float | None = _of_find_spots("d_min")
    d_max: float | None = _of_find_spots("d_max")

    wavelength: float | None = _of_import("wavelength")
    beam_direction: Vector | None = _of_import("beam_direction")
    distance: float | None = _of_import("distance")
    pixel_size: tuple[float, float] | None = _of_import("pixel_size")
    fast_slow_beam_centre: Vector | None = _of_import("fast_slow_beam_centre")
    slow_fast_beam_centre: Vector | None = _of_import("slow_fast_beam_centre")
    mosflm_beam_centre: Vector | None = _of_import("mosflm_beam_centre")
    trusted_range: tuple[float, float] | None = _of_import("trusted_range")
    gain: float | None = _of_import("gain")
    pedestal: float | None = _of_import("pedestal")
    thickness: float | None = _of_import("thickness")
    material: Literal["Si", "CdTe"] | None = _of_import("material")
    oscillation: tuple[float, float] | None = _of_import("oscillation")
    goniometer_axes: Vector | None = _of_import("goniometer_axes")
    invert_rotation_axis: bool = _of_import("invert_rotation_axis")
    reference_geometry: str | None = _of_import("reference_geometry")
    mask: str | None = _of_import("mask")

    @model_validator(mode="after")
    def _as_import_takes_them(self) -> WatchParams:
        try:
            self.correcting()
        except ValidationError as error:
            raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
        return self

    def finding(self) -> FindSpotsParams:
        """The parameters of find_spots; the gain is the detector's."""
        return FindSpotsParams(**{n: v for n, v in self._values(FindSpotsParams).items() if n != "gain"})

    def correcting(self) -> ImportParams:
        """The parameters of import."""
        return ImportParams(**self._values(ImportParams))

    def known(self) -> dict[str, Any]:
        """What the user knows of the crystal: ``space_group`` and ``unit_cell``, as far as they are given."""
        told = {"space_group": self.space_group, "unit_cell": self.unit_cell}
        return {name: value for name, value in told.items() if value is not None}

    def _values(self, of: type[Params]) -> dict[str, Any]:
        return {name: value for name, value in self.model_dump().items() if name in of.model_fields}
