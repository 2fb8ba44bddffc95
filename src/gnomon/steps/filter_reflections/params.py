"""What filter_reflections can be told."""

from __future__ import annotations

from gnomon.models.ice import ICE_CELL, ICE_GROUP
from gnomon.params import Params, param


class FilterReflectionsParams(Params):
    """Which reflections to keep: those that meet all that is asked."""

    flag_expression: str | None = param(
        None, "names of flags with & (and), | (or), ~ (not) and brackets: 'integrated & ~reference_spot'"
    )
    id: tuple[int, ...] | None = param(None, "of these experiments")
    panel: tuple[int, ...] | None = param(None, "on these panels")
    d_min: float | None = param(None, "no further than this", unit="Å", gt=0)
    d_max: float | None = param(None, "no nearer than this", unit="Å", gt=0)
    partiality_min: float | None = param(None, "least part recorded", name="partiality.min", ge=0, le=1)
    partiality_max: float | None = param(None, "greatest part recorded", name="partiality.max", ge=0, le=1)
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
