"""What refine_bravais_settings can be told."""

from __future__ import annotations

from gnomon.maths.geometry_fit.params import FitParams
from gnomon.params import param


class RefineBravaisSettingsParams(FitParams):
    """Which lattices are tried, and which crystal."""

    lepage_max_delta: float = param(
        5.0, "how far the metric may be from a lattice's symmetry (Le Page 1982)", unit="degree", gt=0
    )
    crystal_id: int | None = param(None, "the experiment whose crystal is tried; if not given all, of one cell", ge=0)
    best_monoclinic_beta: bool = param(True, "take I centring for C where its cell is less oblique; false: C always")
    max_reflections: int = param(2000, "reflections of each experiment that are refined against", ge=20)
