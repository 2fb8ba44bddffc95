"""Which pixels are asked for: the parameters that every command with a mask shares. Needs no numpy."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import field_validator

from gnomon.models.ice import ICE_CELL, ICE_GROUP
from gnomon.params import Params, param, rows_of_length

Ints = tuple[tuple[int, ...], ...]
Floats = tuple[tuple[float, ...], ...]


class PixelFilter(Params):
    """Borders, resolution, rings, untrusted areas; a subclass may say how names on the command line begin."""

    names_begin: ClassVar[str] = ""

    border: int = param(0, "edge of every panel left out", unit="px", ge=0)
    d_min: float | None = param(None, "high-resolution limit", unit="Å", gt=0)
    d_max: float | None = param(None, "low-resolution limit", unit="Å", gt=0)
    resolution_range: Floats = param((), "resolution range left out (two numbers; may be repeated)", unit="Å")
    disable_parallax_correction: bool = param(False, "take resolutions without the parallax of the sensor")
    ice_rings: bool = param(False, "leave out powder rings, of hexagonal ice if not told", name="ice_rings.filter")
    ice_width: float = param(0.002, "full width of a ring", unit="1/Å²", name="ice_rings.width", gt=0)
    ice_cell: tuple[float, float, float, float, float, float] = param(
        ICE_CELL, "cell of what makes rings", unit="Å, °", name="ice_rings.unit_cell"
    )
    ice_group: str = param(ICE_GROUP, "its space group: name, number or Hall symbol", name="ice_rings.space_group")
    untrusted_panel: tuple[int, ...] = param(
        (), "panels of the untrusted shapes (default 0); whole panels where no shape is given", name="untrusted.panel"
    )
    untrusted_rectangle: Ints = param(
        (), "untrusted x0, x1, y0, y1 (half-open; may be repeated)", unit="px", name="untrusted.rectangle"
    )
    untrusted_circle: Floats = param(
        (), "untrusted circle: x, y, radius (may be repeated)", unit="px", name="untrusted.circle"
    )
    untrusted_polygon: Floats = param(
        (), "untrusted polygon: x0, y0, x1, y1, ... (may be repeated)", unit="px", name="untrusted.polygon"
    )
    untrusted_pixel: Ints = param(
        (), "untrusted y, x: slow before fast, as in DIALS (may be repeated)", unit="px", name="untrusted.pixel"
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        for key, plain in PixelFilter.model_fields.items():  # not those of a parent, whose names begin so already
            field = cls.model_fields[key]
            said, own = (f.json_schema_extra if isinstance(f.json_schema_extra, dict) else {} for f in (field, plain))
            field.json_schema_extra = {**said, "name": cls.names_begin + str(own.get("name") or key)}

    @field_validator("resolution_range", "untrusted_pixel")
    @classmethod
    def _pairs(cls, value: tuple) -> tuple:
        return rows_of_length(value, (2,))

    @field_validator("untrusted_circle")
    @classmethod
    def _circles(cls, value: tuple) -> tuple:
        return rows_of_length(value, (3,))

    @field_validator("untrusted_rectangle")
    @classmethod
    def _rectangles(cls, value: tuple) -> tuple:
        return rows_of_length(value, (4,))

    @field_validator("untrusted_polygon")
    @classmethod
    def _polygons(cls, value: tuple) -> tuple:
        return rows_of_length(value, range(6, 1000, 2))
