"""How far and how finely reciprocal space is mapped."""

from __future__ import annotations

from gnomon.params import Params, param


class RsMapperParams(Params):
    """How far and how finely reciprocal space is mapped."""

    max_resolution: float = param(
        6.0, "the map ends at this resolution", unit="Å", name="rs_mapper.max_resolution", gt=0
    )
    grid_size: int = param(
        192, "points along each edge; 192 make a map of 28 MB, 1024 one of 4 GB", name="rs_mapper.grid_size",
        ge=2, le=1024,
    )  # fmt: skip
    reverse_phi: bool = param(False, "turn the other way, to see whether the axis does", name="rs_mapper.reverse_phi")
    ignore_mask: bool = param(False, "use pixels that masks leave out, too", name="rs_mapper.ignore_mask")
