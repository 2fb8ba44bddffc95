"""Which observations are merged, in how many shells."""

from __future__ import annotations

from gnomon.params import Params, param


class MergingStatisticsParams(Params):
    """Which observations are merged, in how many shells."""

    n_bins: int = param(20, "most resolution shells, of equal volume", ge=1, le=500)
    d_min: float | None = param(None, "leave out observations of higher resolution", unit="Å", gt=0)
    d_max: float | None = param(None, "leave out observations of lower resolution", unit="Å", gt=0)
    space_group: str | None = param(None, "the space group, where it is not that of the crystals: name or number")
    seed: int = param(0, "of the random half sets", ge=0)
