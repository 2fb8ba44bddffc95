"""Which reflections are predicted."""

from __future__ import annotations

from gnomon.params import Params, param


class PredictParams(Params):
    """Which reflections are predicted."""

    d_min: float | None = param(None, "resolution limit; the detector's corner if not given", unit="Å", gt=0)
    force_static: bool = param(False, "with the crystal as it is on average, where it varies along the scan")
    buffer_size: int = param(0, "go on so many images before and behind the scan", unit="image", ge=0)
    ignore_shadows: bool = param(True, "keep reflections that fall on what the goniometer hides")
