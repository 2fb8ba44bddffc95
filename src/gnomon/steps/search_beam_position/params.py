"""How the beam centre is looked for, and how far."""

from __future__ import annotations

from typing import Literal

from gnomon.params import Params, param


class SearchBeamPositionParams(Params):
    """By lattices through the origin (default), or by how the mean image is spread about the beam."""

    method: Literal["default", "midpoint", "maximum", "inversion"] = param(
        "default",
        "default: lattices of the spots pass the origin; the others take the mean image alone: the middle between its "
        "flanks, its highest place, or the centre about which it is the same",
    )
    max_cell: float | None = param(
        None, "the longest cell edge to look for; from neighbouring spots if not given", unit="Å", gt=0
    )
    image_range: tuple[int, int] | None = param(None, "first and last image taken of every sweep")
    max_reflections: int = param(10000, "most spots of a sweep that are used, chosen at random", ge=20)
    mm_search_scope: float = param(4.0, "how far from the present centre to look, in each round", unit="mm", gt=0)
    n_macro_cycles: int = param(1, "rounds, each from the centre that the last one found", ge=1)
    d_min: float | None = param(None, "leave out spots of higher resolution", unit="Å", gt=0)
    seed: int = param(42, "of the random choice of spots", ge=0)
    max_images: int = param(30, "most images of a sweep that the mean image is made of, evenly spread", ge=1)
