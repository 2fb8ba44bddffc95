"""Which crystals are compared, and which of their bases count as one."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from gnomon.params import Params, directions, param


class CompareOrientationMatricesParams(Params):
    """Which crystals are compared, and which of their bases count as one."""

    hkl: tuple[tuple[int, ...], ...] = param((), "reciprocal directions h,k,l whose angles are told (may be repeated)")
    comparison: Literal["pairwise", "sequential"] = param("pairwise", "each with each, or with the next")
    space_group: str | None = param(
        None, "the group of both, by whose rotations the second is turned; its own if not given"
    )
    lattice: bool = param(
        False, "turn the second by all that its lattice allows, whatever the settings and groups of both"
    )

    @field_validator("hkl")
    @classmethod
    def _triples(cls, value: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
        return directions(value)
