"""Parts of the data, and when one of them spoils the rest."""

from __future__ import annotations

from typing import Literal

from gnomon.params import Params, param


class ComputeDeltaCchalfParams(Params):
    """What is judged, and how far below the others is too far."""

    mode: Literal["dataset", "image_group"] = param("dataset", "what is judged: data sets, or groups of images")
    group_size: int = param(10, "images in a group", unit="image", ge=1)
    stdcutoff: float = param(4.0, "robust sigmas below the median contribution to CC1/2", unit="sigma", gt=0)
    nbins: int = param(10, "most resolution shells", ge=1, le=100)
    d_min: float | None = param(None, "leave out reflections beyond", unit="Å", gt=0)
    d_max: float | None = param(None, "leave out reflections below", unit="Å", gt=0)
    seed: int = param(0, "of the blocks by which errors are told", ge=0)
