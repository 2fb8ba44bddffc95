"""Which directions are projected, and as seen from where."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from gnomon.params import Params, directions, param


class StereographicProjectionParams(Params):
    """Which directions are projected, and as seen from where."""

    hkl: tuple[tuple[int, ...], ...] = param((), "reciprocal directions h,k,l to project (may be repeated)")
    hkl_limit: int | None = param(
        None, "project all directions of indices up to this one instead; each once, by its lowest indices", ge=1, le=20
    )
    expand_to_p1: bool = param(True, "project the symmetry equivalents too")
    eliminate_sys_absent: bool = param(False, "leave out indices that the space group makes absent")
    frame: Literal["laboratory", "crystal"] = param(
        "laboratory", "laboratory: seen along the beam, x to the right and y up; crystal: as the first crystal lies, "
        "plane_normal to the eye and its a* to the right"
    )  # fmt: skip
    phi_angle: float = param(0.0, "turn of the goniometer at which the crystals are seen", unit="degree")
    use_starting_angle: bool = param(False, "see each crystal at the start of its scan instead")
    plane_normal: tuple[int, int, int] | None = param(
        None, "direction u,v,w of the real lattice in the middle of frame=crystal; c* if not given"
    )

    @field_validator("hkl")
    @classmethod
    def _triples(cls, value: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
        return directions(value)

    @field_validator("plane_normal")
    @classmethod
    def _direction(cls, value: tuple[int, int, int] | None) -> tuple[int, int, int] | None:
        return None if value is None else directions((value,))[0]
