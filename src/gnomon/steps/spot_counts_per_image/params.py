"""Parameters of spot_counts_per_image."""

from __future__ import annotations

from gnomon.models.ice import ICE_WIDTH
from gnomon.params import Params, param


class SpotCountsPerImageParams(Params):
    """How the spots of one image are judged."""

    ice_width: float = param(
        ICE_WIDTH,
        "full width of a powder ring of ice, whose spots are left out",
        unit="1/Å²",
        name="ice_rings.width",
        gt=0,
    )
    least_density: float = param(
        0.2, "the image ends where spots are thinner than this part of their mean density", gt=0, lt=1
    )
    min_spots: int = param(10, "fewer spots outside ice tell no resolution", ge=3)
