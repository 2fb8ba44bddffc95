"""Which reflections should be there, and which regions are told."""

from __future__ import annotations

from gnomon.params import Params, param


class MissingReflectionsParams(Params):
    """Which reflections should be there, and which regions are told."""

    min_component_size: int = param(0, "leave out regions of fewer reflections", ge=0)
    d_min: float | None = param(None, "high-resolution limit; that of the data if not given", unit="Å", gt=0)
    d_max: float | None = param(None, "low-resolution limit; that of the data if not given", unit="Å", gt=0)
