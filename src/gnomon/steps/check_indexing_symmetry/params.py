"""Which operators and shifts of indices are tried, on which intensities."""

from __future__ import annotations

from gnomon.params import Params, param


class CheckIndexingSymmetryParams(Params):
    """Which operators and shifts of indices are tried, on which intensities."""

    d_min: float = param(0.0, "leave out reflections of higher resolution; 0 for none", unit="Å", ge=0)
    d_max: float = param(0.0, "leave out reflections of lower resolution; 0 for none", unit="Å", ge=0)
    symop_threshold: float = param(
        0.0, "operators whose correlation exceeds this make a group, which is named; 0 for none", ge=0, le=1
    )
    grid: int = param(0, "shift all indices by up to so many each way", ge=0, le=10)
    grid_h: int = param(0, "shift h by up to so many each way; grid where that is more", ge=0, le=20)
    grid_k: int = param(0, "the same of k", ge=0, le=20)
    grid_l: int = param(0, "the same of l", ge=0, le=20)
    asu: bool = param(
        False, "judge shifts by all equivalents of the space group, which must be right; else by Friedel mates alone"
    )
    normalise: bool = param(False, "divide intensities by their mean at the same resolution first")
    normalise_bins: int = param(0, "resolution shells for that; 0 for one in 200 reflections, 20 at most", ge=0)
