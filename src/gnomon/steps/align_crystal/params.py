"""What is brought where."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from gnomon.params import Params, param, rows_of_length


class AlignCrystalParams(Params):
    """What is brought where."""

    mode: Literal["main", "cusp"] = param(
        "main",
        "main: the first vector along the goniometer's outermost axis, the second in the plane of that and the beam; "
        "cusp: the first across that axis and the beam, the second in the plane of the first and that axis",
        name="align.mode",
    )
    vector: tuple[tuple[float, ...], ...] = param(
        (), "pairs of vectors by their indices, first and second of each; all pairs of the three axes if not given",
        name="align.crystal.vector",
    )  # fmt: skip
    frame: Literal["reciprocal", "direct"] = param(
        "reciprocal", "whether indices are of a*, b*, c* or of a, b, c", name="align.crystal.frame"
    )
    space_group: str | None = param(
        None, "equivalent vectors of this group count as one; the crystal's own if not given"
    )

    @field_validator("vector")
    @classmethod
    def _in_pairs(cls, value: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
        if len(value) % 2:
            raise ValueError("vectors come in pairs; give an even number")
        if not all(any(row) for row in value):
            raise ValueError("a vector has no direction; give indices other than 0,0,0")
        return rows_of_length(value, (3,))
