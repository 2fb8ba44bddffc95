"""What filter_reflections can be told."""

from __future__ import annotations

from pydantic import ValidationInfo, field_validator

from gnomon.models.ice import ICE_CELL, ICE_GROUP
from gnomon.params import Params, param

Vector = tuple[float, float, float]


class FilterReflectionsParams(Params):
    """Which reflections to keep: those that meet all that is asked."""

    flag_expression: str | None = param(
        None, "names of flags with & (and), | (or), ~ (not) and brackets: 'integrated & ~reference_spot'"
    )
    id: tuple[int, ...] | None = param(None, "of these experiments")
    imageset_id: tuple[int, ...] | None = param(None, "of these image sets")
    panel: tuple[int, ...] | None = param(None, "on these panels")
    d_min: float | None = param(None, "no further than this", unit="Å", gt=0)
    d_max: float | None = param(None, "no nearer than this", unit="Å", gt=0)
    partiality_min: float | None = param(None, "least part recorded", name="partiality.min", ge=0, le=1)
    partiality_max: float | None = param(None, "greatest part recorded", name="partiality.max", ge=0, le=1)
    image_range: tuple[int, int] | None = param(None, "seen on these images: first,last", unit="image")
    n_signal: tuple[int, int] | None = param(None, "of at least and at most so many strong pixels", unit="px")
    polygon: tuple[float, ...] | None = param(
        None, "within this polygon, seen in reciprocal space: x1,y1,x2,y2,...", unit="1/Å", name="region.polygon"
    )
    right: Vector = param((1.0, 0.0, 0.0), "the direction of its x, in the laboratory at phi = 0", name="region.right")
    up: Vector = param((0.0, 1.0, 0.0), "the direction of its y", name="region.up")
    depth: tuple[float, float] | None = param(
        None, "along x cross y, from and to; any, if not given", unit="1/Å", name="region.depth"
    )
    crystal_frame: bool = param(False, "the directions turn with each crystal (by its U)", name="region.crystal_frame")
    select_good_intensities: bool = param(
        False, "integrated by sum and fit, with positive variances, 0.99 recorded, in no overload"
    )
    ice_rings: bool = param(False, "leave out those on powder rings", name="ice_rings.filter")
    unit_cell: tuple[float, float, float, float, float, float] = param(
        ICE_CELL, "of the powder", unit="Å, degrees", name="ice_rings.unit_cell"
    )
    space_group: str = param(ICE_GROUP, "of the powder: name or number", name="ice_rings.space_group")
    width: float = param(0.002, "full width of a ring", unit="1/Å²", name="ice_rings.width", gt=0)
    rings_d_min: float | None = param(
        None, "the last ring; as far as the data reach, if not given", unit="Å", name="ice_rings.d_min", gt=0
    )

    @field_validator("polygon")
    @classmethod
    def _corners(cls, value: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if value is not None and (len(value) < 6 or len(value) % 2):
            raise ValueError("a polygon is three corners or more: x1,y1,x2,y2,x3,y3,...")
        return value

    @field_validator("image_range", "n_signal", "depth")
    @classmethod
    def _rising(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and value[0] > value[1]:
            raise ValueError("the first of the two is the lower one")
        return value

    @field_validator("up")
    @classmethod
    def _no_plane(cls, value: Vector, info: ValidationInfo) -> Vector:
        right = info.data.get("right", (1.0, 0.0, 0.0))
        square = sum(a * a for a in right) * sum(a * a for a in value)
        if sum(a * b for a, b in zip(right, value)) ** 2 >= square * (1 - 1e-6):
            raise ValueError("right and up are to span a plane")
        return value
