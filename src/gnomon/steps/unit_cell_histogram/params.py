"""How finely cells are counted, and which stand apart."""

from __future__ import annotations

from typing import Literal

from gnomon.params import Params, param


class UnitCellHistogramParams(Params):
    """How finely cells are counted, and which stand apart."""

    steps_per_angstrom: float = param(20.0, "bins in one Å, and in one degree", gt=0, le=10_000)
    iqr_ratio: float | None = param(
        1.5, "a cell stands apart where an edge or angle is further beyond the quartiles than so many times their "
        "difference; none does where not given", ge=0,
    )  # fmt: skip
    threshold: float = param(5000.0, "distance of reduced cells at which clusters part", unit="Å²", ge=0)
    linkage: Literal["single", "complete", "average", "ward"] = param(
        "single", "how far apart clusters are: by their nearest members, furthest, the mean, or the growth of variance"
    )
